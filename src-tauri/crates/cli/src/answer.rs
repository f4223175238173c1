//! `office answer`: the questions that agents wait with, and the owner's answers, in words or by the number of a choice. It is
//! `office task answer` for people; what an answer does is decided in `core`.

use clap::Args;
use office_core::task::{Task, TaskCommand};
use office_core::{CommandBody, Noun, TaskId, TaskState};
use office_door::wire::{Answer, Ask};

use crate::fail::Fail;
use crate::print;
use crate::session::{Done, Session, unexpected};
use crate::words;

/// What is answered.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office answer                      the questions that wait, with what may be chosen
  office answer 12 2                 the second of its choices
  office answer 12 'neither: ask me again in May'")]
pub(crate) struct AnswerArgs {
    /// The task whose agent asks [default: list them]
    task: Option<TaskId>,
    /// The answer: the number of a choice, or words
    answer: Vec<String>,
}

pub(crate) async fn carry_out(s: &mut Session<'_>, args: AnswerArgs) -> Done {
    let blocked = Ask::Tasks { states: vec![TaskState::Blocked], project: None };
    let Answer::Tasks(tasks) = s.ask(blocked).await? else { return Err(unexpected()) };
    let Some(id) = args.task else {
        return s.show(&tasks, || tasks.iter().map(question).collect::<Vec<_>>().join("\n"));
    };
    let said = args.answer.join(" ");
    if said.trim().is_empty() {
        return Err(Fail::usage("what is the answer?", "the number of a choice, or words: `office answer 12 2`"));
    }
    // Where there is nothing to choose from a number is an answer in words.
    let options = tasks.iter().find(|task| task.id == id).map(|task| task.options.as_slice()).unwrap_or_default();
    let text = match said.trim().parse::<usize>() {
        Ok(number) if !options.is_empty() => {
            let chosen = number.checked_sub(1).and_then(|place| options.get(place)).cloned();
            chosen.ok_or_else(|| {
                let most = options.len();
                Fail::usage(format!("there is no choice {number}"), format!("choose 1 to {most}, or answer in words"))
            })?
        }
        _ => said,
    };
    match s.submit(CommandBody::Task(TaskCommand::Answer { task: id, text })).await? {
        Noun::Task(task) => s.show(&[&task], || words::task_line(&task)),
        _ => Err(unexpected()),
    }
}

fn question(task: &Task) -> String {
    let mut text = format!(
        "#{} {}\n{}\n",
        task.id,
        print::line(&task.title),
        print::block(task.why.as_deref().unwrap_or_default())
    );
    for (number, option) in (1..).zip(&task.options) {
        text.push_str(&format!("  {number}. {}\n", print::line(option)));
    }
    text
}
