//! The filter of system calls, as the second layer behind the namespaces: what no build, test or agent needs and what has led
//! out of sandboxes before. Written as the kernel's own small program, so that no library is needed.

use nix::libc;

/// What such a program is made of.
const LOAD: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS
const EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
#[cfg(target_arch = "x86_64")]
const AT_LEAST: u16 = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const ANY_BIT: u16 = 0x45; // BPF_JMP | BPF_JSET | BPF_K
const GIVE: u16 = 0x06; // BPF_RET | BPF_K

const ALLOW: u32 = 0x7fff_0000;
const KILL: u32 = 0x8000_0000;

/// Where the kernel puts the number of the call, the machine's kind and the arguments' lower halves.
const NUMBER: u32 = 0;
const KIND: u32 = 4;

#[cfg(target_arch = "x86_64")]
const OURS: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const OURS: u32 = 0xc000_00b7;

/// setuid and setgid: a file with them would act with the owner's rights outside.
const SPECIAL_MODE: u32 = 0o6000;
const CREATES: u32 = (libc::O_CREAT | libc::O_TMPFILE) as u32 & !(libc::O_DIRECTORY as u32);
/// New namespaces of every kind.
const NAMESPACES: u32 = 0x7e02_0080;
/// `TIOCSTI` types into a terminal, `TIOCLINUX` pastes into one, `TIOCSETD` loads drivers.
const TERMINAL: [u32; 3] = [0x5412, 0x541C, 0x5423];
/// Sockets of these families: local ones, IPv4, IPv6, and asking the kernel about its network.
const FAMILIES: [u32; 4] = [libc::AF_UNIX as u32, libc::AF_INET as u32, libc::AF_INET6 as u32, libc::AF_NETLINK as u32];

/// Never allowed.
const DENIED: &[libc::c_long] = &[
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    // The kernel's keyrings are not in any namespace.
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    // Large and often broken parts of the kernel.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_fanotify_init,
    libc::SYS_quotactl,
    // Files by number instead of by name, past every mount.
    libc::SYS_open_by_handle_at,
    // Namespaces and mounts.
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    // The machine itself.
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_reboot,
    libc::SYS_acct,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
];

/// Said not to exist, so that programs use the older call, whose arguments can be seen here.
const UNKNOWN: [libc::c_long; 2] = [libc::SYS_clone3, libc::SYS_openat2];

/// Calls that set a mode, and which argument that is.
const MODES: &[(libc::c_long, u32)] = &[
    (libc::SYS_fchmod, 1),
    (libc::SYS_fchmodat, 2),
    (452, 2), // fchmodat2
    (libc::SYS_mknodat, 2),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_chmod, 1),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_creat, 1),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_mknod, 1),
];
/// Calls that open, with the arguments of flags and mode.
const OPENS: &[(libc::c_long, u32, u32)] = &[
    (libc::SYS_openat, 2, 3),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, 1, 2),
];

#[derive(Default)]
struct Program(Vec<u8>);

impl Program {
    fn add(&mut self, code: u16, yes: u8, no: u8, value: u32) {
        self.0.extend_from_slice(&code.to_ne_bytes());
        self.0.extend_from_slice(&[yes, no]);
        self.0.extend_from_slice(&value.to_ne_bytes());
    }

    /// Loads the lower half of an argument.
    fn argument(&mut self, index: u32) {
        let half = if cfg!(target_endian = "big") { 4 } else { 0 };
        self.add(LOAD, 0, 0, 16 + index * 8 + half);
    }

    /// Takes the steps of `then` if what is loaded compares so with `value`; else goes over them.
    fn when(&mut self, compares: u16, value: u32, then: impl FnOnce(&mut Self)) {
        let mut steps = Self::default();
        then(&mut steps);
        // A step is eight bytes. Longer than 255 steps would be a jump of too few: none of ours has ten.
        let over = u8::try_from(steps.0.len() / 8).unwrap_or(u8::MAX);
        self.add(compares, 0, over, value);
        self.0.append(&mut steps.0);
    }

    /// The same for what is done at a call; the number of the call must be loaded.
    fn at(&mut self, call: libc::c_long, then: impl FnOnce(&mut Self)) {
        self.when(EQUAL, u32::try_from(call).unwrap_or(u32::MAX), then);
    }

    fn give(&mut self, what: u32) {
        self.add(GIVE, 0, 0, what);
    }
}

fn error(number: i32) -> u32 {
    0x0005_0000 | u32::try_from(number).unwrap_or(1)
}

/// The filter, as bwrap reads it. Only the lower half of an argument is looked at, as the kernel does where it counts.
pub(crate) fn program() -> Vec<u8> {
    let mut it = Program::default();
    it.add(LOAD, 0, 0, KIND);
    it.add(EQUAL, 1, 0, OURS);
    it.give(KILL);
    it.add(LOAD, 0, 0, NUMBER);
    // The x32 calls have numbers of their own.
    #[cfg(target_arch = "x86_64")]
    it.when(AT_LEAST, 0x4000_0000, |it| it.give(error(libc::ENOSYS)));
    for call in DENIED {
        it.at(*call, |it| it.give(error(libc::EPERM)));
    }
    for call in UNKNOWN {
        it.at(call, |it| it.give(error(libc::ENOSYS)));
    }
    it.at(libc::SYS_clone, |it| {
        it.argument(0);
        it.when(ANY_BIT, NAMESPACES, |it| it.give(error(libc::EPERM)));
        it.give(ALLOW);
    });
    it.at(libc::SYS_ioctl, |it| {
        it.argument(1);
        for request in TERMINAL {
            it.when(EQUAL, request, |it| it.give(error(libc::EPERM)));
        }
        it.give(ALLOW);
    });
    it.at(libc::SYS_socket, |it| {
        it.argument(0);
        for family in FAMILIES {
            it.when(EQUAL, family, |it| it.give(ALLOW));
        }
        it.give(error(libc::EAFNOSUPPORT));
    });
    for (call, mode) in MODES {
        it.at(*call, |it| {
            it.argument(*mode);
            it.when(ANY_BIT, SPECIAL_MODE, |it| it.give(error(libc::EPERM)));
            it.give(ALLOW);
        });
    }
    for (call, flags, mode) in OPENS {
        it.at(*call, |it| {
            it.argument(*flags);
            it.when(ANY_BIT, CREATES, |it| {
                it.argument(*mode);
                it.when(ANY_BIT, SPECIAL_MODE, |it| it.give(error(libc::EPERM)));
            });
            it.give(ALLOW);
        });
    }
    it.give(ALLOW);
    it.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel would do: runs the program on one call.
    fn judged(call: i64, arguments: [u32; 4], kind: u32) -> u32 {
        let program = program();
        let steps: Vec<&[u8]> = program.chunks_exact(8).collect();
        let number = u32::try_from(call).unwrap();
        let (mut at, mut loaded) = (0_usize, 0_u32);
        loop {
            let step = steps[at];
            let code = u16::from_ne_bytes([step[0], step[1]]);
            let value = u32::from_ne_bytes([step[4], step[5], step[6], step[7]]);
            let jump = |yes: bool| 1 + usize::from(if yes { step[2] } else { step[3] });
            match code {
                LOAD => {
                    loaded = match value {
                        NUMBER => number,
                        KIND => kind,
                        place => arguments[((place - 16) / 8) as usize],
                    };
                    at += 1;
                }
                EQUAL => at += jump(loaded == value),
                #[cfg(target_arch = "x86_64")]
                AT_LEAST => at += jump(loaded >= value),
                ANY_BIT => at += jump(loaded & value != 0),
                GIVE => return value,
                other => panic!("{other:#x}"),
            }
        }
    }

    fn says(call: i64, arguments: [u32; 4]) -> u32 {
        judged(call, arguments, OURS)
    }

    #[test]
    fn ordinary_calls_go_through_and_dangerous_ones_do_not() {
        for call in [libc::SYS_read, libc::SYS_execve, libc::SYS_getpid, libc::SYS_renameat, libc::SYS_connect] {
            assert_eq!(says(call, [u32::MAX; 4]), ALLOW, "{call}");
        }
        for call in DENIED {
            assert_eq!(says(*call, [0; 4]), error(libc::EPERM), "{call}");
        }
        for call in UNKNOWN {
            assert_eq!(says(call, [0; 4]), error(libc::ENOSYS), "{call}");
        }
        assert_eq!(judged(libc::SYS_read, [0; 4], 0x4000_0003), KILL);
        #[cfg(target_arch = "x86_64")]
        assert_eq!(says(0x4000_0000, [0; 4]), error(libc::ENOSYS));
    }

    #[test]
    fn a_thread_is_made_and_a_namespace_is_not() {
        assert_eq!(says(libc::SYS_clone, [0x003d_0f00, 0, 0, 0]), ALLOW);
        for flag in [0x1000_0000_u32, 0x0002_0000, 0x2000_0000, 0x4000_0000, 0x0400_0000, 0x0800_0000, 0x0200_0000] {
            assert_eq!(says(libc::SYS_clone, [flag | 17, 0, 0, 0]), error(libc::EPERM), "{flag:#x}");
        }
    }

    #[test]
    fn nobody_types_into_a_terminal_and_everybody_asks_its_size() {
        for request in TERMINAL {
            assert_eq!(says(libc::SYS_ioctl, [0, request, 0, 0]), error(libc::EPERM));
        }
        for request in [0x5413, 0x5401, 0x5410] {
            assert_eq!(says(libc::SYS_ioctl, [0, request, 0, 0]), ALLOW);
        }
    }

    #[test]
    fn sockets_are_local_or_of_the_internet() {
        for family in FAMILIES {
            assert_eq!(says(libc::SYS_socket, [family, 1, 0, 0]), ALLOW);
        }
        // AF_ALG, AF_VSOCK (leads out of a virtual machine, past every namespace), AF_PACKET.
        for family in [38, 40, 17] {
            assert_eq!(says(libc::SYS_socket, [family, 1, 0, 0]), error(libc::EAFNOSUPPORT));
        }
    }

    #[test]
    fn no_file_gets_the_rights_of_its_owner() {
        for (call, place) in MODES {
            let mut arguments = [0; 4];
            arguments[*place as usize] = 0o4755;
            assert_eq!(says(*call, arguments), error(libc::EPERM), "{call}");
            arguments[*place as usize] = 0o755;
            assert_eq!(says(*call, arguments), ALLOW, "{call}");
        }
        for (call, flags, mode) in OPENS {
            let mut arguments = [0; 4];
            arguments[*flags as usize] = libc::O_CREAT as u32 | 1;
            arguments[*mode as usize] = 0o2644;
            assert_eq!(says(*call, arguments), error(libc::EPERM), "{call}");
            arguments[*flags as usize] = 0;
            assert_eq!(says(*call, arguments), ALLOW, "what is not made has no mode");
        }
    }
}
