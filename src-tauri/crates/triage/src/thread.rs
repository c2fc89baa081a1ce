//! Which mail answers which: threads by Message-IDs and, where those say nothing, by subject.
//!
//! After Zawinski's method as RFC 5256 has it (THREAD=REFERENCES): mails that are only spoken of
//! hold their answers together, loops are cut, duplicates stand beside each other. What rests on
//! a subject alone is marked as a guess.

use std::collections::HashMap;

use crate::subject;

/// References of one mail that are read: the last ones.
pub const REFERENCES_MAX: usize = 100;

/// What is known of a mail.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Letter {
    /// Its Message-ID without brackets; empty if it has none.
    pub id: String,
    /// The Message-IDs it names, oldest first, `In-Reply-To` last.
    pub references: Vec<String>,
    /// Its subject as written.
    pub subject: String,
    /// When it was written, in seconds; only the order counts.
    pub at: i64,
}

/// A mail in its thread, and those that answer it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// Its number among the letters; nothing for a mail that is not there.
    pub letter: Option<usize>,
    /// True if it stands here by its subject alone.
    pub is_guess: bool,
    /// Answers, oldest first.
    pub answers: Vec<Node>,
}

/// Where a mail stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stands {
    /// The number of its thread.
    pub thread: usize,
    /// The mail it answers, if that is there.
    pub parent: Option<usize>,
    /// True if only the subject says so.
    pub is_guess: bool,
}

#[derive(Clone, Default)]
struct Holder {
    letter: Option<usize>,
    parent: Option<usize>,
}

/// The threads of letters, in the order of their first mails.
pub fn forest(letters: &[Letter]) -> Vec<Node> {
    let holders = holders(letters);
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); holders.len()];
    let mut roots = Vec::new();
    for (at, holder) in holders.iter().enumerate() {
        match holder.parent.and_then(|parent| children.get_mut(parent)) {
            Some(siblings) => siblings.push(at),
            None => roots.push(at),
        }
    }
    let mut nodes: Vec<Node> = roots
        .into_iter()
        .flat_map(|root| grown(root, &holders, &children, letters))
        .collect();
    nodes.sort_by_key(|node| first(node).unwrap_or(usize::MAX));
    by_subject(nodes, letters)
}

/// One holder per Message-ID that is there or spoken of, each under the one it answers.
fn holders(letters: &[Letter]) -> Vec<Holder> {
    let mut holders: Vec<Holder> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (number, letter) in letters.iter().enumerate() {
        let own = known.get(letter.id.as_str()).copied();
        let own = match own {
            Some(at) if holders.get(at).is_some_and(|h| h.letter.is_none()) => at,
            // A second mail of the same id stands beside the first.
            Some(_) | None => {
                holders.push(Holder::default());
                let at = holders.len() - 1;
                if own.is_none() && !letter.id.is_empty() {
                    known.insert(&letter.id, at);
                }
                at
            }
        };
        if let Some(holder) = holders.get_mut(own) {
            holder.letter = Some(number);
        }
        let skip = letter.references.len().saturating_sub(REFERENCES_MAX);
        let mut before: Option<usize> = None;
        for id in letter.references.iter().skip(skip) {
            let at = *known.entry(id.as_str()).or_insert_with(|| {
                holders.push(Holder::default());
                holders.len() - 1
            });
            if let Some(before) = before {
                // What others said about a mail holds until it speaks for itself.
                adopt(&mut holders, before, at, false);
            }
            before = Some(at);
        }
        if let Some(parent) = before {
            adopt(&mut holders, parent, own, true);
        }
    }
    holders
}

fn adopt(holders: &mut [Holder], parent: usize, child: usize, is_sure: bool) {
    if parent == child || is_below(holders, parent, child) {
        return;
    }
    if let Some(holder) = holders.get_mut(child)
        && (is_sure || holder.parent.is_none())
    {
        holder.parent = Some(parent);
    }
}

/// True if `at` stands somewhere below `above`.
fn is_below(holders: &[Holder], at: usize, above: usize) -> bool {
    let mut next = Some(at);
    for _ in 0..=holders.len() {
        match next {
            Some(here) if here == above => return true,
            Some(here) => next = holders.get(here).and_then(|holder| holder.parent),
            None => return false,
        }
    }
    true
}

/// The tree below a holder. Holders without a mail give way to their answers, but where several
/// would be left without a common top. Without recursion: strangers choose how deep it goes.
fn grown(
    root: usize,
    holders: &[Holder],
    children: &[Vec<usize>],
    letters: &[Letter],
) -> Vec<Node> {
    let mut order = vec![root];
    let mut at = 0;
    while let Some(here) = order.get(at).copied() {
        order.extend(children.get(here).into_iter().flatten());
        at += 1;
    }
    let mut made: HashMap<usize, Vec<Node>> = HashMap::new();
    for here in order.into_iter().rev() {
        let mut answers: Vec<Node> = children
            .get(here)
            .into_iter()
            .flatten()
            .filter_map(|child| made.remove(child))
            .flatten()
            .collect();
        answers.sort_by_key(|node| when(node, letters));
        let letter = holders.get(here).and_then(|holder| holder.letter);
        let nodes = if letter.is_some() || (here == root && answers.len() > 1) {
            vec![Node {
                letter,
                is_guess: false,
                answers,
            }]
        } else {
            answers
        };
        made.insert(here, nodes);
    }
    made.remove(&root).unwrap_or_default()
}

fn when(node: &Node, letters: &[Letter]) -> i64 {
    node.letter
        .or_else(|| node.answers.first().and_then(|first| first.letter))
        .and_then(|number| letters.get(number))
        .map_or(0, |letter| letter.at)
}

/// The lowest number in the top two levels: where a thread stands among others.
fn first(node: &Node) -> Option<usize> {
    node.letter
        .into_iter()
        .chain(node.answers.iter().filter_map(|answer| answer.letter))
        .min()
}

/// Threads whose subjects are the same are one, as a guess.
fn by_subject(nodes: Vec<Node>, letters: &[Letter]) -> Vec<Node> {
    let subject = |node: &Node| {
        node.letter
            .or_else(|| node.answers.first().and_then(|answer| answer.letter))
            .and_then(|number| letters.get(number))
            .map(|letter| subject::read(&letter.subject))
    };
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut out: Vec<Node> = Vec::new();
    for mut node in nodes {
        let own = subject(&node);
        let base = own
            .as_ref()
            .map(|s| s.base.to_lowercase())
            .unwrap_or_default();
        let is_reply = own.is_some_and(|s| s.replies > 0);
        let other = known.get(&base).and_then(|at| out.get_mut(*at));
        let Some(other) = other.filter(|_| !base.is_empty()) else {
            known.insert(base, out.len());
            out.push(node);
            continue;
        };
        let other_is_reply = subject(other).is_some_and(|s| s.replies > 0);
        match (other.letter, node.letter) {
            (None, None) => {
                node.answers
                    .iter_mut()
                    .for_each(|answer| answer.is_guess = true);
                other.answers.append(&mut node.answers);
            }
            (None, Some(_)) => {
                node.is_guess = true;
                other.answers.push(node);
            }
            (Some(_), _) if is_reply && !other_is_reply => {
                node.is_guess = true;
                if node.letter.is_some() {
                    other.answers.push(node);
                } else {
                    node.answers
                        .iter_mut()
                        .for_each(|answer| answer.is_guess = true);
                    other.answers.append(&mut node.answers);
                }
            }
            (Some(_), _) => {
                let mut first = std::mem::replace(
                    other,
                    Node {
                        letter: None,
                        is_guess: false,
                        answers: Vec::new(),
                    },
                );
                first.is_guess = true;
                node.is_guess = true;
                other.answers = if other_is_reply && !is_reply && node.letter.is_some() {
                    // The answer came first.
                    node.answers.push(first);
                    vec![node]
                } else {
                    vec![first, node]
                };
            }
        }
    }
    out
}

/// Mails of one base subject under the oldest of them (RFC 5256, THREAD=ORDEREDSUBJECT).
pub fn by_subject_only(letters: &[Letter]) -> Vec<Node> {
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut order: Vec<usize> = (0..letters.len()).collect();
    order.sort_by_key(|number| letters.get(*number).map_or(0, |letter| letter.at));
    let mut out: Vec<Node> = Vec::new();
    for number in order {
        let base = letters
            .get(number)
            .map(|letter| subject::read(&letter.subject).base.to_lowercase())
            .unwrap_or_default();
        let node = |is_guess| Node {
            letter: Some(number),
            is_guess,
            answers: Vec::new(),
        };
        match known.get(&base).and_then(|at| out.get_mut(*at)) {
            Some(top) => top.answers.push(node(true)),
            None => {
                known.insert(base, out.len());
                out.push(node(false));
            }
        }
    }
    out
}

/// Where each letter stands, in their order.
pub fn stands(letters: &[Letter]) -> Vec<Stands> {
    let mut out = vec![Stands::default(); letters.len()];
    for (thread, root) in forest(letters).iter().enumerate() {
        let mut open: Vec<(&Node, Option<usize>, bool)> = vec![(root, None, false)];
        while let Some((node, parent, is_guess)) = open.pop() {
            let is_guess = is_guess || node.is_guess;
            if let Some(slot) = node.letter.and_then(|number| out.get_mut(number)) {
                *slot = Stands {
                    thread,
                    parent,
                    is_guess,
                };
            }
            let parent = node.letter.or(parent);
            open.extend(node.answers.iter().map(|answer| (answer, parent, is_guess)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(id: &str, references: &[&str], subject: &str) -> Letter {
        Letter {
            id: id.to_owned(),
            references: references.iter().map(|r| (*r).to_owned()).collect(),
            subject: subject.to_owned(),
            at: 0,
        }
    }

    #[test]
    fn answers_stand_below_what_they_answer() {
        let letters = [
            letter("1", &[], "plan"),
            letter("2", &["1"], "Re: plan"),
            letter("3", &["1", "gone"], "Re: plan"),
            letter("4", &["lost"], "other"),
            letter("5", &["lost"], "else"),
        ];
        let stands = stands(&letters);
        assert_eq!(stands[1].parent, Some(0));
        assert_eq!(stands[2].parent, Some(0), "the missing one gives way");
        assert_eq!(
            stands[3].thread, stands[4].thread,
            "a lost mail holds its answers together"
        );
        assert!(stands.iter().all(|one| !one.is_guess));
    }

    #[test]
    fn a_subject_alone_is_a_guess() {
        let letters = [letter("1", &[], "plan"), letter("2", &[], "Re: plan")];
        let stands = stands(&letters);
        assert_eq!(stands[1].parent, Some(0));
        assert!(stands[1].is_guess && !stands[0].is_guess);
    }

    #[test]
    fn loops_and_doubles_lose_nobody() {
        let letters = [
            letter("a", &["b"], "x"),
            letter("b", &["a"], "y"),
            letter("c", &["c"], "z"),
            letter("d", &["e", "f", "e", "f"], "u"),
            letter("e", &["f", "d"], "v"),
            letter("d", &[], "w"),
            letter("", &[], ""),
            letter("", &[], ""),
        ];
        let mut seen: Vec<usize> = Vec::new();
        let mut open = forest(&letters);
        while let Some(node) = open.pop() {
            seen.extend(node.letter);
            open.extend(node.answers);
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..letters.len()).collect::<Vec<_>>());
    }
}
