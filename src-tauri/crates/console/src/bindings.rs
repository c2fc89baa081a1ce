//! The TypeScript the window is checked against, written from the command table and its shapes.
//!
//! `UPDATE=1 cargo test -p sendoff-console` writes `ui/src/bindings`; without it a difference
//! fails.

use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use ts_rs::{Config, TS, TypeVisitor};

use crate::table::{self, COMMANDS, Loosens};

const HEAD: &str =
    "// Written by `UPDATE=1 cargo test -p sendoff-console`; do not edit by hand.\n\n";

/// Everything that can be wrong has the one shape of [`domain::Problem`].
const PROBLEM: &str = "/** What a refused command answers; branch on the code. */\nexport type Problem = { code: string; detail: string; pointer?: string | null; retry_after?: number | null };\n";

/// Every shape the commands name, and the shapes inside those.
pub(crate) struct Shapes {
    config: Config,
    seen: HashSet<TypeId>,
    types: BTreeMap<String, String>,
    commands: BTreeMap<&'static str, (String, String)>,
}

impl Shapes {
    fn all() -> Self {
        let mut shapes = Shapes {
            config: Config::new().with_large_int("number"),
            seen: HashSet::new(),
            types: BTreeMap::new(),
            commands: BTreeMap::new(),
        };
        table::shapes(&mut shapes);
        shapes
    }

    pub(crate) fn command<A: TS + 'static, R: TS + 'static>(&mut self, name: &'static str) {
        let shapes = (A::name(&self.config), R::name(&self.config));
        self.commands.insert(name, shapes);
        self.look::<A>();
        self.look::<R>();
    }

    fn look<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        // Only what is declared by us has a place of its own; the rest is TypeScript's.
        if T::output_path().is_some() {
            let docs = T::docs().unwrap_or_default();
            let declared = format!("{docs}export {}\n", T::decl(&self.config));
            let name = T::ident(&self.config);
            // Two shapes of one name: the second would silently stand for both.
            if let Some(first) = self.types.insert(name.clone(), declared.clone()) {
                assert_eq!(
                    first, declared,
                    "two shapes are called `{name}`; rename one"
                );
            }
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }

    fn types(&self) -> String {
        let all: Vec<&str> = self.types.values().map(String::as_str).collect();
        format!("{HEAD}{PROBLEM}\n{}", all.join("\n"))
    }

    fn commands(&self) -> String {
        let mut used: Vec<&String> = self
            .types
            .keys()
            .filter(|name| {
                self.commands
                    .values()
                    .any(|(a, r)| mentions(a, name) || mentions(r, name))
            })
            .collect();
        used.sort();
        let used: String = used.iter().map(|name| format!("  {name},\n")).collect();
        let shapes: String = COMMANDS
            .iter()
            .filter_map(|command| Some((command.name, self.commands.get(command.name)?)))
            .map(|(name, (args, result))| format!("  \"{name}\": [{args}, {result}];\n"))
            .collect();
        let reads: String = COMMANDS
            .iter()
            .filter(|command| !command.reads.is_empty())
            .map(|command| {
                let tags = serde_json::to_string(command.reads).unwrap();
                let tags = tags.replace("{id}", ":id").replace(',', ", ");
                format!("  \"{}\": {tags},\n", command.name)
            })
            .collect();
        let loosens: String = COMMANDS
            .iter()
            .filter(|command| command.loosens != Loosens::Never)
            .map(|command| {
                let when = serde_json::to_string(&command.loosens).unwrap();
                format!("  \"{}\": {when},\n", command.name)
            })
            .collect();
        format!(
            "{HEAD}import type {{\n{used}}} from \"./types\";\n\n\
             /** What each command takes and what it answers. */\n\
             export type Commands = {{\n{shapes}}};\n\n\
             export type Command = keyof Commands;\n\
             export type Args<C extends Command> = Commands[C][0];\n\
             export type Result<C extends Command> = Commands[C][1];\n\n\
             /** The tags an answer depends on; `:id` stands for the `id` argument. */\n\
             export const READS: Partial<Record<Command, readonly string[]>> = {{\n{reads}}};\n\n\
             /** Commands that need the operator, always or with some arguments. */\n\
             export const LOOSENS: Partial<Record<Command, \"sometimes\" | \"always\">> = {{\n{loosens}}};\n\n\
             /** What the event `changed` carries. */\n\
             export type Changed = {{ tags: string[]; seq: number }};\n"
        )
    }
}

impl TypeVisitor for Shapes {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        self.look::<T>();
    }
}

/// True if `shape` names `name` as a whole word.
fn mentions(shape: &str, name: &str) -> bool {
    shape
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| word == name)
}

fn golden(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../ui/src/bindings")
        .join(file);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        return;
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == text,
        "`ui/src/bindings/{file}` is not what the commands say; run `UPDATE=1 cargo test -p sendoff-console`"
    );
}

#[test]
fn the_window_is_checked_against_the_commands_as_they_are() {
    let shapes = Shapes::all();
    golden("types.ts", &shapes.types());
    golden("commands.ts", &shapes.commands());
    golden(
        "index.ts",
        &format!("{HEAD}export * from \"./commands\";\nexport * from \"./types\";\n"),
    );
}

#[test]
fn every_command_has_a_name_of_its_own_and_known_tags() {
    let names: HashSet<&str> = COMMANDS.iter().map(|command| command.name).collect();
    assert_eq!(names.len(), COMMANDS.len());
    let known = crate::tags::all(0).tags;
    for command in COMMANDS {
        for tag in command.reads {
            let tag = tag.replace("{id}", "*");
            assert!(
                known.contains(&tag),
                "`{}` reads the tag `{tag}` nothing touches",
                command.name
            );
        }
    }
}
