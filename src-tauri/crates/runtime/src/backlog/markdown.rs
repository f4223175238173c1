//! Reads a backlog file: Markdown in, items out. An item is a line with a box (`- [ ] Mend the login`); what stands below it is
//! its body, boxes nested in it come first, and a heading's `{...}` holds for what is under it. A file without a box is prose:
//! each heading becomes a draft. What the items come to is core's.

use std::collections::HashMap;
use std::ops::Range;

use office_core::check::Check;
use office_core::task::backlog::{BacklogItem, is_key};
use office_core::task::{Deliverable, Priority};
use office_core::{Code, Refusal, RoleName};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Longest file, in bytes: far more than anybody writes by hand.
pub const LONGEST: usize = 1024 * 1024;

/// What `{...}` says of an item, or of all items under a heading.
#[derive(Clone, Debug, Default, PartialEq)]
struct Marks {
    key: Option<String>,
    role: Option<RoleName>,
    kind: Option<String>,
    priority: Option<Priority>,
    deliverable: Option<Deliverable>,
    checks: Vec<Check>,
    after: Vec<String>,
    draft: bool,
}

struct Heading {
    level: u8,
    line: u32,
    title: String,
    marks: Marks,
    /// Where it begins, and where its own text begins.
    at: usize,
    ends: usize,
}

/// A list item on the way down.
struct Open {
    range: Range<usize>,
    /// Its place among the boxes, once its box was seen.
    place: Option<usize>,
}

struct Box {
    range: Range<usize>,
    title: Range<usize>,
    ticked: bool,
    inside: Option<usize>,
    heading: Option<usize>,
}

/// The items of a file, in their order. `file` is how errors call it.
///
/// # Errors
/// What is wrong, with its line.
pub fn read(file: &str, text: &str) -> Result<Vec<BacklogItem>, Refusal> {
    if text.len() > LONGEST {
        let message = format!("{file} has {} bytes; at most {LONGEST} are read", text.len());
        return Err(Refusal::new(Code::Limit, message, "take out what was done long ago"));
    }
    let text = text.replace("\r\n", "\n").replace('\0', "\u{fffd}");
    let begins = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let source = Source { file, text: &text, begins };
    let (headings, boxes) = source.walk()?;
    if boxes.is_empty() { source.prose(&headings) } else { source.items(&headings, &boxes) }
}

/// Whether a file has words and no box: prose, of which somebody has to make tasks.
pub fn is_prose(text: &str) -> bool {
    let boxes = Parser::new_ext(text, Options::ENABLE_TASKLISTS).any(|event| matches!(event, Event::TaskListMarker(_)));
    text.len() <= LONGEST && !boxes && !text.trim().is_empty()
}

struct Source<'a> {
    file: &'a str,
    text: &'a str,
    /// Where each line begins.
    begins: Vec<usize>,
}

impl Source<'_> {
    fn walk(&self) -> Result<(Vec<Heading>, Vec<Box>), Refusal> {
        let mut headings: Vec<Heading> = Vec::new();
        let mut boxes: Vec<Box> = Vec::new();
        let mut open: Vec<Open> = Vec::new();
        let mut within = 0_u32;
        for (event, range) in Parser::new_ext(self.text, Options::ENABLE_TASKLISTS).into_offset_iter() {
            match event {
                Event::Start(Tag::BlockQuote(_)) => within += 1,
                Event::End(TagEnd::BlockQuote(_)) => within = within.saturating_sub(1),
                // What is quoted is somebody else's.
                Event::Start(Tag::Heading { level, .. }) if within == 0 && open.is_empty() => {
                    let line = self.line(range.start);
                    let words = self.text[range.clone()].lines().next().unwrap_or_default();
                    let words = words.trim().trim_start_matches('#').trim_end_matches('#').trim();
                    let (title, marks) = self.marked(words, line)?;
                    headings.push(Heading { level: level as u8, line, title, marks, at: range.start, ends: range.end });
                }
                Event::Start(Tag::Item) => open.push(Open { range, place: None }),
                Event::End(TagEnd::Item) => {
                    open.pop();
                }
                Event::TaskListMarker(ticked) if within == 0 => {
                    let inside = open.iter().rev().skip(1).find_map(|it| it.place);
                    let Some(item) = open.last_mut().filter(|it| it.place.is_none()) else { continue };
                    item.place = Some(boxes.len());
                    let rest = &self.text[range.end..item.range.end];
                    let title = range.end..range.end + rest.find('\n').unwrap_or(rest.len());
                    let heading = headings.len().checked_sub(1);
                    boxes.push(Box { range: item.range.clone(), title, ticked, inside, heading });
                }
                _ => {}
            }
        }
        Ok((headings, boxes))
    }

    fn items(&self, headings: &[Heading], boxes: &[Box]) -> Result<Vec<BacklogItem>, Refusal> {
        let mut items = Vec::with_capacity(boxes.len());
        let mut after = Vec::with_capacity(boxes.len());
        for (at, it) in boxes.iter().enumerate() {
            let line = self.line(it.range.start);
            let (title, marks) = self.marked(self.text[it.title.clone()].trim(), line)?;
            let over = it.heading.map(|at| path(headings, at)).unwrap_or_default();
            let mut marks = over.iter().rev().fold(marks, |marks, heading| marks.under(&heading.marks));
            let under: Vec<&str> = over.iter().filter(|it| it.level > 1).map(|it| it.title.as_str()).collect();
            let mut body = self.body(it, boxes.iter().skip(at + 1).filter(|other| other.inside == Some(at)));
            if !under.is_empty() {
                body = format!("{body}\n\n(In {}, under “{}”.)", self.file, under.join(" › ")).trim().to_owned();
            }
            after.push(std::mem::take(&mut marks.after));
            items.push(marks.item(line, title, body, it.ticked));
        }
        for (at, it) in boxes.iter().enumerate() {
            if let Some(parent) = it.inside {
                items[parent].needs.push(place(at));
            }
        }
        self.join(&mut items, &after)?;
        Ok(items)
    }

    /// A draft per heading, with the text below it; what is further down comes first.
    fn prose(&self, headings: &[Heading]) -> Result<Vec<BacklogItem>, Refusal> {
        // The only heading of the first level is the file's title.
        let named = headings.iter().filter(|it| it.level == 1).count() == 1 && headings.len() > 1;
        let told: Vec<usize> = (0..headings.len()).filter(|at| !(named && headings[*at].level == 1)).collect();
        let mut items: Vec<BacklogItem> = Vec::new();
        let mut after = Vec::new();
        for at in &told {
            let it = &headings[*at];
            let ends = headings.get(at + 1).map_or(self.text.len(), |next| next.at);
            let body = self.text[it.ends..ends.max(it.ends)].trim().to_owned();
            let mut marks = it.marks.clone();
            after.push(std::mem::take(&mut marks.after));
            items.push(BacklogItem { draft: true, ..marks.item(it.line, it.title.clone(), body, false) });
        }
        for (place_of, at) in told.iter().enumerate() {
            let over = path(headings, *at);
            let parent =
                over.iter().rev().nth(1).and_then(|parent| told.iter().position(|at| headings[*at].at == parent.at));
            if let Some(parent) = parent {
                items[parent].needs.push(place(place_of));
            }
        }
        self.join(&mut items, &after)?;
        Ok(items)
    }

    /// Finds what `after` names.
    fn join(&self, items: &mut [BacklogItem], after: &[Vec<String>]) -> Result<(), Refusal> {
        let mut keys: HashMap<String, u32> = HashMap::new();
        for (at, item) in items.iter().enumerate() {
            if let Some(other) = item.key.as_ref().and_then(|key| keys.insert(key.clone(), place(at))) {
                let other = items.get(other as usize).map_or(0, |it| it.line);
                let key = item.key.as_deref().unwrap_or_default();
                return Err(self.wrong(
                    item.line,
                    &format!("line {other} is called #{key}, too"),
                    "give each its own name",
                ));
            }
        }
        for (item, names) in items.iter_mut().zip(after) {
            for name in names {
                let Some(at) = keys.get(name.trim_start_matches('#')) else {
                    let way_out = "give the item it means that name: `{#name}` at the end of its line";
                    return Err(self.wrong(item.line, &format!("no item here is called #{name}"), way_out));
                };
                item.needs.push(*at);
            }
            item.needs.sort_unstable();
            item.needs.dedup();
        }
        Ok(())
    }

    /// What stands below an item's line but for the items nested in it, as far to the left as it goes.
    fn body<'b>(&self, it: &Box, nested: impl Iterator<Item = &'b Box>) -> String {
        let mut kept = String::new();
        let mut from = it.title.end;
        for inner in nested {
            let begins = self.text[..inner.range.start].rfind('\n').map_or(0, |at| at + 1);
            kept.push_str(&self.text[from..begins.max(from)]);
            from = inner.range.end.max(from);
        }
        kept.push_str(&self.text[from..it.range.end.max(from)]);
        let lines = || kept.lines().filter(|line| !line.trim().is_empty());
        let indent = lines().map(|line| line.len() - line.trim_start_matches([' ', '\t']).len()).min().unwrap_or(0);
        let body: Vec<&str> = kept.lines().map(|line| line.get(indent..).unwrap_or_default().trim_end()).collect();
        body.join("\n").trim().to_owned()
    }

    fn line(&self, at: usize) -> u32 {
        place(self.begins.partition_point(|begins| *begins <= at))
    }

    fn wrong(&self, line: u32, what: &str, way_out: &str) -> Refusal {
        Refusal::invalid(format!("{}, line {line}: {what}", self.file), way_out)
    }

    /// A title, and what its `{...}` says. Braces that hold none of our words are words of the title.
    fn marked(&self, words: &str, line: u32) -> Result<(String, Marks), Refusal> {
        let whole = || (words.to_owned(), Marks::default());
        let Some(open) = words.rfind('{').filter(|_| words.ends_with('}')) else { return Ok(whole()) };
        let inside = &words[open + 1..words.len() - 1];
        let apart = words[..open].ends_with([' ', '\t']);
        let Some(parts) = words_of(inside).filter(|parts| apart && !parts.is_empty()) else { return Ok(whole()) };
        let ours = |part: &String| part.starts_with('#') || part.contains('=') || part == "draft" || part == "finding";
        if !parts.iter().all(ours) {
            return Ok(whole());
        }
        let mut marks = Marks::default();
        for part in &parts {
            let wrong = |what: String, way_out: &str| Err(self.wrong(line, &what, way_out));
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match name {
                "draft" => marks.draft = true,
                "finding" => marks.deliverable = Some(Deliverable::Finding),
                "kind" => marks.kind = Some(value.to_owned()),
                "role" => marks.role = Some(value.into()),
                "check" => marks.checks.push(Check::of(value)),
                "after" => marks.after.extend(value.split(',').map(|it| it.trim().trim_start_matches('#').to_owned())),
                "priority" => {
                    marks.priority = Some(match value {
                        "urgent" => Priority::Urgent,
                        "high" => Priority::High,
                        "normal" => Priority::Normal,
                        "low" => Priority::Low,
                        _ => {
                            return wrong(format!("there is no priority '{value}'"), "say urgent, high, normal or low");
                        }
                    });
                }
                _ if name.starts_with('#') && is_key(&name[1..]) => marks.key = Some(name[1..].to_owned()),
                _ => {
                    let known = "#name, role=, kind=, check=, after=, priority=, draft and finding";
                    return wrong(format!("'{part}' says nothing here"), &format!("what is known is {known}"));
                }
            }
        }
        Ok((words[..open].trim_end().to_owned(), marks))
    }
}

impl Marks {
    /// These, and where they say nothing what the heading above says.
    fn under(self, heading: &Marks) -> Marks {
        Marks {
            role: self.role.or_else(|| heading.role.clone()),
            kind: self.kind.or_else(|| heading.kind.clone()),
            priority: self.priority.or(heading.priority),
            deliverable: self.deliverable.or(heading.deliverable),
            checks: if self.checks.is_empty() { heading.checks.clone() } else { self.checks },
            draft: self.draft || heading.draft,
            key: self.key,
            after: self.after,
        }
    }

    fn item(self, line: u32, title: String, body: String, ticked: bool) -> BacklogItem {
        BacklogItem {
            line,
            key: self.key,
            title,
            body,
            checks: self.checks,
            role: self.role,
            kind: self.kind,
            priority: self.priority.unwrap_or_default(),
            deliverable: self.deliverable.unwrap_or_default(),
            needs: Vec::new(),
            ticked,
            draft: self.draft,
        }
    }
}

/// The headings that a heading stands under, itself the last.
fn path(headings: &[Heading], at: usize) -> Vec<&Heading> {
    let mut path: Vec<&Heading> = Vec::new();
    for heading in &headings[..=at] {
        path.retain(|over| over.level < heading.level);
        path.push(heading);
    }
    path
}

/// Words apart by blanks, and what stands in double quotes as one of them; none where a quote is not closed.
fn words_of(text: &str) -> Option<Vec<String>> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match (c, words.last_mut()) {
            ('"', _) => quoted = !quoted,
            (c, _) if c.is_whitespace() && !quoted => words.push(String::new()),
            (c, Some(word)) => word.push(c),
            _ => {}
        }
    }
    words.retain(|word| !word.is_empty());
    (!quoted).then_some(words)
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(items: &[BacklogItem]) -> Vec<&str> {
        items.iter().map(|it| it.title.as_str()).collect()
    }

    #[test]
    fn a_file_as_people_write_it() {
        let text = "# Backlog\n\nSome words.\n\n## Dates {role=engineer check=\"make test\"}\n\n- [ ] Parse dates {#dates}\n  ISO first.\n\n  - time zones, too\n  - [ ] Write the table of months\n  - [x] Find a library\n- [ ] Use them in `{invoice}` {after=dates priority=high}\n- no box\n\n## Docs\n\n1. [ ] Explain it {draft role=docs-writer}\n\n> - [ ] quoted\n\n```\n- [ ] code\n```\n";
        let items = read("TASKS.md", text).unwrap();
        let expected =
            ["Parse dates", "Write the table of months", "Find a library", "Use them in `{invoice}`", "Explain it"];
        assert_eq!(titles(&items), expected);
        assert_eq!(items[0].needs, [1, 2]);
        assert_eq!(items[0].body, "ISO first.\n\n- time zones, too\n\n(In TASKS.md, under “Dates”.)");
        assert_eq!((items[0].key.as_deref(), items[0].line), (Some("dates"), 7));
        assert_eq!(items[1].role, Some("engineer".into()), "a heading's words hold for what is under it");
        assert_eq!(items[1].checks[0].run, "make test");
        assert!(items[2].ticked);
        assert_eq!((items[3].needs.as_slice(), items[3].priority), ([0].as_slice(), Priority::High));
        assert_eq!(
            (items[4].draft, items[4].role.clone(), items[4].checks.len()),
            (true, Some("docs-writer".into()), 0)
        );
    }

    #[test]
    fn prose_becomes_a_draft_for_each_heading() {
        let text =
            "# Roadmap\n\nWe want it fast.\n\n## Search\n\nIndex first.\n\n### Index\n\nBy words.\n\n## Export\n";
        let items = read("roadmap.md", text).unwrap();
        assert_eq!(titles(&items), ["Search", "Index", "Export"]);
        assert!(items.iter().all(|it| it.draft));
        assert_eq!((items[0].body.as_str(), items[0].needs.as_slice()), ("Index first.", [1].as_slice()));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let said = |text: &str| read("TASKS.md", text).unwrap_err().message;
        assert_eq!(said("- [ ] One\n- [ ] Two {chekc=true}"), "TASKS.md, line 2: 'chekc=true' says nothing here");
        assert_eq!(said("- [ ] One {after=two}"), "TASKS.md, line 1: no item here is called #two");
        assert_eq!(said("- [ ] One {#a}\n\n- [ ] Two {#a}"), "TASKS.md, line 3: line 1 is called #a, too");
        assert_eq!(said("# H {priority=soon}\n- [ ] One"), "TASKS.md, line 1: there is no priority 'soon'");
        assert!(said(&"x".repeat(LONGEST + 1)).contains("at most"));
    }

    #[test]
    fn windows_line_ends_and_odd_bytes_are_read() {
        let items = read("TASKS.md", "- [ ] One\r\n  more\r\n* [X] Two\0\r\n").unwrap();
        assert_eq!((items[0].body.as_str(), items[1].ticked), ("more", true));
        assert_eq!(items[1].title, "Two\u{fffd}");
    }
}
