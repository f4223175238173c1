//! For an office that runs as root: its desks are somebody else, to whom what they may use is lent. Everything they see is put
//! into a place of the launcher's own, where root's files seem to be theirs; on the disk they stay root's.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::error::{SandboxError, doing};
use crate::policy::Policy;
use crate::sys;

/// Any folder does; it is covered only in the launcher's own view.
const PLACE: &str = "/tmp";

/// Where each thing of the policy is reached from now on.
pub(crate) fn lend(policy: &Policy, also: &[&Path], uid: u32) -> Result<HashMap<PathBuf, PathBuf>, SandboxError> {
    let users = sys::users(uid).map_err(doing("making desks somebody else than root"))?;
    sys::own_mounts().map_err(doing("making a view of the launcher's own"))?;
    let wanted = policy.binds.iter().map(|bind| (bind.from.as_path(), bind.optional, bind.write));
    let also = also.iter().copied().chain(policy.forwarder.as_deref()).map(|path| (path, false, false));
    let door = policy.door.as_deref().map(|path| (path, false, true));
    let mut taken = Vec::new();
    for (path, optional, needed) in wanted.chain(also).chain(door) {
        if taken.iter().any(|(known, _, _)| *known == path) {
            continue;
        }
        // What is mounted is what the path leads to, as bwrap would do it.
        let real = match std::fs::canonicalize(path) {
            Ok(real) => real,
            Err(_) if optional => continue,
            Err(error) => return Err(doing(path.display().to_string())(error)),
        };
        let tree = sys::taken(&real).map_err(doing(real.display().to_string()))?;
        let lent = sys::lent(&tree, &users);
        // A file system that cannot do that shows what everybody may read.
        if needed {
            lent.map_err(doing(format!("lending {}", real.display())))?;
        }
        taken.push((path, tree, real.is_dir()));
    }
    let place = Path::new(PLACE);
    sys::empty_over(place).map_err(doing("making a place for what is lent"))?;
    let mut map = HashMap::new();
    for (number, (path, tree, folder)) in taken.into_iter().enumerate() {
        let at = place.join(number.to_string());
        let made = if folder { std::fs::create_dir(&at) } else { std::fs::write(&at, b"") };
        made.and_then(|()| sys::put(&tree, &at)).map_err(doing(format!("lending {}", path.display())))?;
        map.insert(path.to_owned(), at);
    }
    Ok(map)
}
