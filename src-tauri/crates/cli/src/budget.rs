//! `office budget`: what may be spent, what was, and letting more be. What follows when it is spent is decided in `core`.

use clap::{Args, Subcommand};
use office_core::budget::{BudgetOf, BudgetView, Limits};
use office_core::office::OfficeCommand;
use office_core::{CommandBody, RoleName, TaskId};

use crate::fail::Fail;
use crate::print::{self, Table};
use crate::session::{Done, Session};

/// What to do about budgets.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office budget                                 what may be spent, and what was
  office budget set --money 20                  the whole office: twenty dollars in all
  office budget set --role reviewer --money 5   all desks of a role together
  office budget set --desk ada --tokens 5M
  office budget raise --task 12 --money 2.50    two and a half more than was spent so far
  office budget remove --desk ada

A call to a model begins only while something is left; so a budget is overshot by one call at most. At the limit the next call is
denied, the task is parked, and raising the budget lets it go on where it was. `office desk show` says whether a desk's calls are
metered; a desk whose calls are not is stopped once it is seen to be over.")]
pub(crate) struct BudgetArgs {
    #[command(subcommand)]
    verb: Option<BudgetVerb>,
}

#[derive(Debug, Subcommand)]
enum BudgetVerb {
    /// List budgets and what was spent of each
    #[command(after_help = "Examples:
  office budget list --json | jq -r '.[] | [.name, .spent.micro_dollars / 1e6] | @tsv'")]
    List,
    /// Set the most that may be spent, in all
    #[command(after_help = "Examples:
  office budget set --money 20
  office budget set --project shop --tokens 50M --output-tokens 1M")]
    Set(MuchArgs),
    /// Allow so much more than was spent so far
    #[command(after_help = "Examples:
  office budget raise --money 5           before you go to bed
  office budget raise --desk ada --tokens 1M")]
    Raise(MuchArgs),
    /// Do without a budget
    #[command(after_help = "Examples:
  office budget remove --desk ada")]
    Remove(WhoseArgs),
}

/// Whose budget it is; of the whole office, if nothing is said.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct WhoseArgs {
    /// Of a project
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// Of all desks of a role together
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Of a desk
    #[arg(long, value_name = "DESK")]
    desk: Option<String>,
    /// Of a task, over all its attempts
    #[arg(long, value_name = "TASK")]
    task: Option<TaskId>,
}

#[derive(Debug, Args)]
struct MuchArgs {
    #[command(flatten)]
    whose: WhoseArgs,
    #[command(flatten)]
    much: LimitArgs,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct LimitArgs {
    /// Dollars, such as 20 or 2.50
    #[arg(long, value_name = "DOLLARS", value_parser = dollars)]
    money: Option<u64>,
    /// Tokens of all kinds, such as 5M or 200k
    #[arg(long, value_name = "N", value_parser = tokens)]
    tokens: Option<u64>,
    /// Tokens that are read, without what the provider remembered
    #[arg(long, value_name = "N", value_parser = tokens)]
    input_tokens: Option<u64>,
    /// Tokens that are written
    #[arg(long, value_name = "N", value_parser = tokens)]
    output_tokens: Option<u64>,
}

/// Dollars as people write them, in millionths.
fn dollars(text: &str) -> Result<u64, String> {
    let wrong = || "say dollars, such as 20 or 2.50".to_owned();
    let text = text.strip_prefix('$').unwrap_or(text);
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 6 || whole.len() > 9 {
        return Err(wrong());
    }
    let whole: u64 = whole.parse().map_err(|_| wrong())?;
    let part: u64 = format!("{part:0<6}").parse().map_err(|_| wrong())?;
    Ok(whole * 1_000_000 + part)
}

/// A number with k, M or G behind it, or without.
fn tokens(text: &str) -> Result<u64, String> {
    let wrong = || "say a number of tokens, such as 5M or 200k".to_owned();
    let times = match text.chars().last() {
        Some('k' | 'K') => 1_000,
        Some('M' | 'm') => 1_000_000,
        Some('G' | 'g') => 1_000_000_000,
        _ => 1,
    };
    let digits = if times == 1 { text } else { &text[..text.len() - 1] };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(times).filter(|all| *all <= 1_000_000_000_000_000).ok_or_else(wrong)
}

pub(crate) async fn carry_out(s: &mut Session<'_>, args: BudgetArgs) -> Done {
    let (args, more) = match args.verb {
        None | Some(BudgetVerb::List) => return list(s).await,
        Some(BudgetVerb::Remove(whose)) => {
            let budget = of(s, &whose).await?;
            s.submit(CommandBody::Office(OfficeCommand::RemoveBudget { budget })).await?;
            return list(s).await;
        }
        Some(BudgetVerb::Set(args)) => (args, false),
        Some(BudgetVerb::Raise(args)) => (args, true),
    };
    let budget = of(s, &args.whose).await?;
    let LimitArgs { money, tokens, input_tokens, output_tokens } = args.much;
    let limits = Limits { micro_dollars: money, tokens, input: input_tokens, output: output_tokens };
    s.submit(CommandBody::Office(OfficeCommand::SetBudget { budget, limits, more })).await?;
    list(s).await
}

pub(crate) async fn of(s: &mut Session<'_>, whose: &WhoseArgs) -> Result<BudgetOf, Fail> {
    Ok(match whose {
        WhoseArgs { project: Some(name), .. } => BudgetOf::Project(s.project(Some(name)).await?.id),
        WhoseArgs { role: Some(name), .. } => BudgetOf::Role(RoleName(name.clone())),
        WhoseArgs { desk: Some(name), .. } => BudgetOf::Desk(s.desk(name).await?.id),
        WhoseArgs { task: Some(task), .. } => BudgetOf::Task(*task),
        _ => BudgetOf::Office,
    })
}

async fn list(s: &mut Session<'_>) -> Done {
    let budgets = s.status().await?.budgets;
    s.show(&budgets, || {
        if budgets.is_empty() {
            return "there is no budget: `office budget set --money 20` sets one for the whole office".to_owned();
        }
        table(&budgets, 0, None)
    })
}

/// Budgets and what was spent of each.
pub(crate) fn table(budgets: &[BudgetView], indent: usize, columns: Option<usize>) -> String {
    let mut table = Table::new(indent);
    for it in budgets {
        let spent = [
            it.limits.micro_dollars.map(|limit| format!("{} of {}", money(it.spent.micro_dollars), money(limit))),
            it.limits.tokens.map(|limit| format!("{} of {limit} tokens", it.spent.tokens)),
            it.limits.input.map(|limit| format!("{} of {limit} tokens of input", it.spent.input)),
            it.limits.output.map(|limit| format!("{} of {limit} tokens of output", it.spent.output)),
        ];
        let spent = spent.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let way_out = if it.reached { format!("spent: `{}`", it.raise) } else { String::new() };
        table.row([print::line(&it.name), spent, print::line(&way_out)]);
    }
    table.text(columns)
}

/// A limit in words.
pub(crate) fn limits(limits: &Limits) -> String {
    let all = [
        limits.micro_dollars.map(money),
        limits.tokens.map(|it| format!("{it} tokens")),
        limits.input.map(|it| format!("{it} tokens of input")),
        limits.output.map(|it| format!("{it} tokens of output")),
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn money(micro: u64) -> String {
    let cents = micro.div_ceil(10_000);
    if micro < 100_000 && !micro.is_multiple_of(10_000) {
        return format!("$0.{:04}", micro.div_ceil(100));
    }
    format!("${}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, micro) in [("20", 20_000_000), ("2.50", 2_500_000), ("$0.000001", 1), ("0", 0)] {
            assert_eq!(dollars(text), Ok(micro));
        }
        for (text, number) in [("5M", 5_000_000), ("200k", 200_000), ("17", 17), ("2G", 2_000_000_000)] {
            assert_eq!(tokens(text), Ok(number));
        }
        for wrong in ["", "-1", "1.2.3", "1,5", "1.0000001", "twenty", ".5", "99999999999"] {
            assert!(dollars(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "M", "-5", "1.5M", "5T", "99999999999999999999"] {
            assert!(tokens(wrong).is_err(), "{wrong}");
        }
    }
}
