//! What is taken out of the record and what is copied from it, by the real commands on a rehearsal
//! in which a question was answered.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tests::wait::PATIENCE;
use tests::{Desk, Ran, Serving, sendoff_bin, until};

const ASKED: &str = "question@rehearsal.example";
const SUBJECT: &str = "the quixotic offer";
/// More than the log of an erasure changes.
const LIVES_MAX: u32 = 200;

/// A rehearsal with one message sent and answered, and one held for somebody else.
struct Rehearsal {
    serving: Option<Serving>,
    desk: Desk,
    passphrase: String,
    token: String,
}

impl Rehearsal {
    fn begin() -> Rehearsal {
        let desk = Desk::empty();
        let http = format!("127.0.0.1:{}", desk.port(0));
        let mut serving = desk.start_serving(&["demo", "--http", &http], &[]);
        serving.until_ready();
        let kept = desk.data().join("rehearsal-passphrase");
        let passphrase = std::fs::read_to_string(kept).unwrap().trim().to_owned();
        let token = until("the first ask to be shown", PATIENCE, || {
            let said = serving.stdout();
            let (_, rest) = said.split_once("Bearer ")?;
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-')?;
            Some(rest[..end].to_owned())
        });
        let rehearsal = Rehearsal {
            serving: Some(serving),
            desk,
            passphrase,
            token,
        };
        let policy = rehearsal.place("policy.toml");
        std::fs::write(&policy, "[review]\nundo_window_seconds = 0\n").unwrap();
        rehearsal
            .loosen(&["policy", "publish", &shown(&policy)])
            .ok();
        let text = "Hello,\nshall we?";
        let id = rehearsal.ask(ASKED, SUBJECT, text);
        let hash = rehearsal.run(&["show", &id, "--json"]).json()["hash"].clone();
        rehearsal
            .loosen(&["approve", &id, "--hash", hash.as_str().unwrap()])
            .ok();
        rehearsal.ask("bob@there.example", "something else", text);
        until("the answer", PATIENCE, || {
            let found = rehearsal
                .run(&["search", "intent:question", "--json"])
                .json();
            (found.as_array()?.len() == 1).then_some(())
        });
        rehearsal
    }

    fn ask(&self, to: &str, subject: &str, text: &str) -> String {
        let mailbox = self.run(&["mailbox", "list", "--json"]).json()[0]["address"].clone();
        let body = json!({"mailbox": mailbox, "to": [to], "subject": subject, "text": text});
        let api = self.serving.as_ref().unwrap().api(&self.token);
        let answer = api.post("/v1/submissions", &body).json();
        answer["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned()
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.desk.run(args)
    }

    fn loosen(&self, args: &[&str]) -> Ran {
        self.desk
            .with_secrets(args, &[("--passphrase-fd", &self.passphrase)])
    }

    fn place(&self, name: &str) -> PathBuf {
        self.desk.home().join(name)
    }

    fn stop(&mut self) {
        self.serving.take().unwrap().stop();
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn rows(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}

#[test]
fn a_search_in_a_terminal_reads_the_filters_and_refuses_what_is_none() {
    let rehearsal = Rehearsal::begin();
    let found = |words: &[&str]| {
        let args: Vec<&str> = [&["search"], words, &["--json"]].concat();
        rows(&rehearsal.run(&args).json())
    };
    assert_eq!(found(&["quixotic"]), 2, "what was asked and its answer");
    assert_eq!(found(&["quixotic", "is:unread"]), 1);
    assert_eq!(found(&["from:question@", "is:unread"]), 1);
    assert_eq!(found(&["to:bob", "state:held"]), 1);
    assert_eq!(found(&["has:attachment"]), 0);
    assert_eq!(found(&["after:2020-01-01"]), 3);
    assert_eq!(found(&["before:2020-01-01"]), 0);
    let table = rehearsal.run(&["search", "quixotic"]).ok();
    assert!(
        table.contains("SUBJECT") && table.contains(SUBJECT),
        "{table}"
    );
    assert_eq!(
        rehearsal.run(&["search", "zeppelin"]).ok().trim(),
        "nothing was found"
    );
    let listed = rehearsal
        .run(&["inbox", "list", "--search", "is:unread", "--json"])
        .json();
    assert_eq!(rows(&listed), 1);
    for wrong in ["is:here", "has:wings", "state:gone", "before:tomorrow"] {
        let ran = rehearsal.run(&["search", wrong]);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        let value = wrong.split(':').next_back().unwrap();
        assert!(ran.stderr.contains(value), "{ran:?}");
        assert!(ran.stdout.is_empty(), "{ran:?}");
    }
    let help = rehearsal.run(&["search", "--help"]).ok();
    assert!(
        help.contains("is: (unread)") && help.contains("account:"),
        "{help}"
    );
}

#[test]
fn a_contact_is_erased_by_command_and_exports_from_before_and_after_are_checked() {
    let rehearsal = Rehearsal::begin();
    let before = rehearsal.place("before");
    rehearsal.run(&["export", &shown(&before)]).ok();
    let backup = rehearsal.place("backup");
    rehearsal.run(&["backup", &shown(&backup)]).ok();

    let dry = rehearsal.run(&["erase", ASKED, "--dry-run"]).ok();
    for words in [
        "1 sent message, 1 received message",
        &shown(&backup),
        &shown(&before),
    ] {
        assert!(dry.contains(words), "{words}: {dry}");
    }
    let refused = rehearsal.run(&["erase", ASKED, "--yes"]);
    assert_eq!(refused.code, Some(4), "{refused:?}");
    let args = ["erase", ASKED, "--yes"];
    let wrong = rehearsal
        .desk
        .with_secrets(&args, &[("--passphrase-fd", "guess")]);
    assert_eq!(wrong.code, Some(4), "{wrong:?}");
    let unasked = rehearsal.loosen(&["erase", ASKED]);
    assert_eq!(unasked.code, Some(2), "no terminal to ask at: {unasked:?}");
    assert_eq!(
        rows(&rehearsal.run(&["search", "quixotic", "--json"]).json()),
        2
    );
    let nobody = rehearsal.loosen(&["erase", "nobody@nowhere.example", "--yes"]);
    assert_eq!(nobody.code, Some(3), "{nobody:?}");

    let erased = rehearsal
        .loosen(&["erase", ASKED, "--yes", "--json"])
        .json();
    assert_eq!(
        (&erased["sent"], &erased["received"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(rows(&erased["copies"]), 2, "{erased}");
    assert!(
        erased["copies_text"]
            .as_str()
            .unwrap()
            .contains("delete them"),
        "{erased}"
    );
    assert_eq!(
        rows(&rehearsal.run(&["search", "quixotic", "--json"]).json()),
        0
    );
    let gone = rehearsal.loosen(&["erase", ASKED, "--yes"]);
    assert_eq!(gone.code, Some(3), "{gone:?}");

    let after = rehearsal.place("after");
    rehearsal.run(&["export", &shown(&after)]).ok();
    let clean = rehearsal
        .run(&["verify", "--export", &shown(&after), "--json"])
        .json();
    assert_eq!(clean["ok"], true, "{clean}");
    assert_eq!(clean["gone"]["by_order"], 2, "{clean}");
    assert_eq!(clean["gone"]["by_age"], 0, "{clean}");
    let told = rehearsal.run(&["verify", "--export", &shown(&after)]).ok();
    assert!(
        told.contains("2 messages were erased with a contact"),
        "{told}"
    );
    let older = rehearsal
        .run(&["verify", "--export", &shown(&before), "--json"])
        .json();
    assert_eq!(
        (&older["ok"], &older["gone"]["by_order"]),
        (&json!(true), &json!(0))
    );

    // The same emptiness without the entry that vouches for it.
    let lines = after.join("messages.ndjson");
    let text = std::fs::read_to_string(&lines).unwrap();
    let (head, rest) = text.split_once(",\"gone\":").unwrap();
    let (_, tail) = rest.split_once('}').unwrap();
    std::fs::write(&lines, format!("{head}{tail}")).unwrap();
    let broken = rehearsal.run(&["verify", "--export", &shown(&after)]);
    assert_eq!(broken.code, Some(1), "{broken:?}");
    assert!(
        broken
            .stdout
            .contains("no entry says that it was taken out"),
        "{broken:?}"
    );
}

#[test]
fn an_erasure_killed_at_any_moment_leaves_a_record_whose_export_holds() {
    let mut rehearsal = Rehearsal::begin();
    rehearsal.stop();
    let kept = rehearsal.place("kept");
    rehearsal.run(&["backup", &shown(&kept)]).ok();
    let secret = rehearsal.place("secret");
    std::fs::write(&secret, &rehearsal.passphrase).unwrap();
    let (mut befores, mut afters, mut unswept, mut throughs) = (0, 0, 0, 0);
    // Killed as its log is seen to change: once at the first change, once at the second, and so on,
    // until it is through before it changes that often. On a busy machine changes go by unseen, and
    // it is through too early: then it begins again with the first, for what was not met yet.
    let mut lived = 0;
    for life in 0..LIVES_MAX {
        let dir = rehearsal.place(&format!("life{life}"));
        std::fs::create_dir(&dir).unwrap();
        for entry in kept.read_dir().unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), dir.join(entry.file_name())).unwrap();
        }
        let script = format!("exec \"$@\" 3<'{}'", shown(&secret));
        let mut child = Command::new("sh")
            .args(["-c", &script, "sh"])
            .arg(sendoff_bin())
            .args(["erase", ASKED, "--yes", "--passphrase-fd", "3", "--data"])
            .arg(&dir)
            .env("HOME", rehearsal.desk.home())
            .env("XDG_RUNTIME_DIR", rehearsal.desk.home().join("run"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let log = dir.join("sendoff.db-wal");
        let (mut changes, mut was) = (0, None);
        let is_through = loop {
            if let Some(ended) = child.try_wait().unwrap() {
                assert!(ended.success(), "{ended}");
                break true;
            }
            let is = log.metadata().map(|log| log.len()).ok();
            if is != was {
                (changes, was) = (changes + 1, is);
            }
            if changes > lived {
                child.kill().unwrap();
                break false;
            }
        };
        child.wait().unwrap();
        let bytes_left = ["sendoff.db", "sendoff.db-wal"].into_iter().any(|name| {
            let bytes = std::fs::read(dir.join(name)).unwrap_or_default();
            bytes
                .windows(ASKED.len())
                .any(|part| part == ASKED.as_bytes())
        });
        let to = rehearsal.place(&format!("export{life}"));
        let data = shown(&dir);
        let export = ["export", &shown(&to), "--json"];
        let made = at(&rehearsal, &export, &data);
        let report = rehearsal
            .run(&["verify", "--export", &shown(&to), "--json"])
            .json();
        assert_eq!(report["ok"], true, "killed at change {lived}: {report}");
        match report["gone"]["by_order"].as_u64() {
            Some(0) => befores += 1,
            Some(2) if bytes_left => unswept += 1,
            Some(2) => afters += 1,
            _ => panic!("half an erasure: {report}"),
        }
        assert_eq!(made["gone"], report["gone"]["by_order"]);
        let whole = at(&rehearsal, &["verify", "--json"], &data);
        assert_eq!(whole["ok"], true, "{whole}");
        lived = if is_through { 0 } else { lived + 1 };
        throughs += u32::from(is_through);
        if throughs > 0 && befores > 0 && unswept > 0 {
            break;
        }
    }
    assert!(
        befores > 0 && unswept > 0 && afters > 0 && throughs > 0,
        "{befores} before, {unswept} with its bytes left, {afters} after, {throughs} to its end"
    );
}

/// A command on another data folder than the desk's own.
fn at(rehearsal: &Rehearsal, args: &[&str], data: &str) -> Value {
    let output = Command::new(sendoff_bin())
        .args(args)
        .args(["--data", data])
        .env("HOME", rehearsal.desk.home())
        .env("XDG_RUNTIME_DIR", rehearsal.desk.home().join("run"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{args:?}, {error}: {output:?}"))
}

#[test]
fn a_retention_is_set_and_shown_by_command_and_says_what_it_would_take() {
    let rehearsal = Rehearsal::begin();
    let kept = rehearsal.run(&["retention", "show", "--json"]).json();
    assert_eq!(rows(&kept), 3);
    assert!(
        kept.as_array()
            .unwrap()
            .iter()
            .all(|row| row["days"].is_null()),
        "{kept}"
    );
    assert!(
        rehearsal
            .run(&["retention", "show"])
            .ok()
            .contains("for good")
    );
    let dry = rehearsal
        .run(&["retention", "set", "bodies", "30", "--dry-run"])
        .ok();
    assert!(dry.contains("0 messages are older than 30 days"), "{dry}");
    let refused = rehearsal.run(&["retention", "set", "bodies", "30"]);
    assert_eq!(refused.code, Some(4), "{refused:?}");
    rehearsal.loosen(&["retention", "set", "bodies", "30"]).ok();
    let shown = rehearsal.run(&["retention", "show"]).ok();
    assert!(shown.contains("30 days"), "{shown}");
    rehearsal
        .loosen(&["retention", "set", "bodies", "off"])
        .ok();
    assert!(
        !rehearsal
            .run(&["retention", "show"])
            .ok()
            .contains("30 days")
    );
    for (wrong, code) in [("0", 1), ("4000", 1), ("soon", 2)] {
        let ran = rehearsal.loosen(&["retention", "set", "raw", wrong]);
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(ran.stderr.contains("days"), "{ran:?}");
    }
}

#[test]
fn a_backup_is_restored_by_serving_it_and_sends_nothing_by_itself() {
    let mut rehearsal = Rehearsal::begin();
    let to = rehearsal.place("backup");
    let said = rehearsal.run(&["backup", &shown(&to)]).ok();
    assert!(said.contains(&shown(&to)), "{said}");
    let again = rehearsal.run(&["backup", &shown(&to)]);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.stderr.contains("choose another folder"), "{again:?}");
    let inside = rehearsal.desk.data().join("inside");
    let ran = rehearsal.run(&["backup", &shown(&inside)]);
    assert_ne!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.stderr.contains("inside the data folder") && !inside.exists(),
        "{ran:?}"
    );
    let made = rehearsal
        .run(&["backup", &shown(&rehearsal.place("other")), "--json"])
        .json();
    assert_eq!(made["backup"], shown(&rehearsal.place("other")));
    let report = at(&rehearsal, &["verify", "--json"], &shown(&to));
    assert_eq!(report["ok"], true, "{report}");

    // The original's folder is lost; the copy takes its place.
    rehearsal.stop();
    std::fs::remove_dir_all(rehearsal.desk.data()).unwrap();
    std::fs::rename(&to, rehearsal.desk.data()).unwrap();
    let secrets = [("--passphrase-fd", rehearsal.passphrase.as_str())];
    let serving = rehearsal.desk.serve_with(&[], &secrets);
    let status = rehearsal.run(&["status", "--json"]).json();
    assert!(
        !status["paused_at"].is_null(),
        "a copy starts paused: {status}"
    );
    assert_eq!(
        rows(&rehearsal.run(&["search", "quixotic", "--json"]).json()),
        2
    );
    assert_eq!(
        rows(&rehearsal.run(&["search", "state:held", "--json"]).json()),
        1
    );
    serving.stop();
}

#[test]
fn a_copy_named_from_within_the_data_folder_is_refused_there() {
    let rehearsal = Rehearsal::begin();
    for form in ["backup", "export"] {
        for to in ["copy", "./copy", "a/b/copy"] {
            let output = Command::new(sendoff_bin())
                .args([form, to, "--data", "."])
                .current_dir(rehearsal.desk.data())
                .env("HOME", rehearsal.desk.home())
                .env("XDG_RUNTIME_DIR", rehearsal.desk.home().join("run"))
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_ne!(output.status.code(), Some(0), "{form} {to}: {said}");
            assert!(said.contains("is inside the data folder"), "{said}");
        }
    }
    for name in ["copy", "a"] {
        assert!(!rehearsal.desk.data().join(name).exists(), "{name}");
    }
}

#[test]
fn a_copy_that_cannot_be_written_says_where_and_leaves_nothing() {
    let rehearsal = Rehearsal::begin();
    let file = rehearsal.place("a-file");
    std::fs::write(&file, "mine").unwrap();
    let full = Path::new("/dev/full/copy");
    for form in ["backup", "export"] {
        for (to, words) in [
            (file.as_path(), "choose another folder"),
            (full, "/dev/full"),
        ] {
            let ran = rehearsal.run(&[form, &shown(to)]);
            assert_eq!(ran.code, Some(1), "{form} to {}: {ran:?}", to.display());
            assert!(ran.stderr.contains(words), "{ran:?}");
        }
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    // A disk with less room than the record: whoever runs it may write files of 64 kB at the most,
    // or of 32 kB, as the shell counts.
    rehearsal.ask("carol@there.example", "at length", &"long ".repeat(20_000));
    for (form, name) in [("backup", "small-backup"), ("export", "small-export")] {
        let to = rehearsal.place(name);
        let output = Command::new("sh")
            .args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "sh"])
            .arg(sendoff_bin())
            .args([form, &shown(&to), "--data"])
            .arg(rehearsal.desk.data())
            .env("HOME", rehearsal.desk.home())
            .env("XDG_RUNTIME_DIR", rehearsal.desk.home().join("run"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{form}: {said}");
        assert!(!to.exists(), "{form} left something: {said}");
        assert!(said.starts_with("sendoff: "), "{form}: {said}");
    }
    rehearsal.run(&["verify"]).ok();
    let missing = rehearsal.run(&["verify", "--export", &shown(&rehearsal.place("none"))]);
    assert_eq!(missing.code, Some(3), "{missing:?}");
    let unknown = [
        "export",
        &shown(&rehearsal.place("x")),
        "--submission",
        "sub_none",
    ];
    assert_eq!(rehearsal.run(&unknown).code, Some(2));
}

#[test]
fn the_rehearsals_faults_are_switched_by_command() {
    let rehearsal = Rehearsal::begin();
    let world = rehearsal.run(&["rehearsal", "show"]).ok();
    assert!(
        world.contains(ASKED) && world.contains("refuse-for-now"),
        "{world}"
    );
    let on = rehearsal
        .run(&["rehearsal", "fault", "slow-accept", "on"])
        .ok();
    assert!(on.contains("does wrong"), "{on}");
    let world = rehearsal.run(&["rehearsal", "show", "--json"]).json();
    let faults = world["faults"].as_array().unwrap();
    let is_on = |name: &str| {
        faults
            .iter()
            .any(|one| one["fault"] == name && one["on"] == true)
    };
    assert!(is_on("slow_accept") && !is_on("bounce_later"), "{world}");
    let off = rehearsal
        .run(&["rehearsal", "fault", "slow-accept", "off"])
        .ok();
    assert!(off.contains("everything right"), "{off}");
    assert_eq!(
        rehearsal.run(&["rehearsal", "fault", "fly", "on"]).code,
        Some(2)
    );
}
