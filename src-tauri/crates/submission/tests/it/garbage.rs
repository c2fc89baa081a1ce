//! Command lines nobody meant: each has one reply, none makes a message, and the door goes on.

use domain::Level;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::client::{desk, letter};

const BEGINNINGS: [&str; 18] = [
    "",
    "EHLO ",
    "HELO ",
    "MAIL FROM:<",
    "MAIL FROM:<ann@example.com> ",
    "RCPT TO:<",
    "RCPT TO:<bob@x.example> ",
    "AUTH ",
    "AUTH PLAIN ",
    "AUTH LOGIN ",
    "NOOP ",
    "RSET",
    "VRFY ",
    "HELP ",
    "BDAT ",
    "EXPN ",
    "STARTTLS",
    "ATRN ",
];
const PARAMETERS: [&str; 9] = [
    "SIZE=",
    "BODY=8BITMIME",
    "SMTPUTF8",
    "RET=HDRS",
    "ENVID=",
    "NOTIFY=NEVER",
    "ORCPT=rfc822;",
    "AUTH=<>",
    ">",
];

/// A line that begins as one of ours may, and goes on as it likes.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let rest = prop_oneof![
        vec(any::<u8>(), 0..60),
        vec(select(PARAMETERS.to_vec()), 0..5).prop_map(|all| all.join(" ").into_bytes()),
        "[ -~]{0,60}".prop_map(String::into_bytes),
    ];
    (select(BEGINNINGS.to_vec()), rest).prop_map(|(beginning, rest)| {
        let mut line = beginning.as_bytes().to_vec();
        // One line is what is meant; ends of lines inside have tests of their own.
        line.extend(rest.into_iter().filter(|octet| !b"\r\n".contains(octet)));
        line.extend(b"\r\n");
        line
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_line_has_its_reply_or_the_end_and_the_next_client_is_served(
        lines in vec(line(), 1..25),
        logged_in in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let desk = desk(Level::AskAlways).await;
            let mut client = match logged_in {
                true => desk.logged_in().await,
                false => desk.client().await,
            };
            for line in &lines {
                if is_data_of_a_message(line) {
                    continue;
                }
                client.send(line).await;
                let reply = client.reply().await;
                if reply.is_empty() {
                    break;
                }
                for said in reply.lines() {
                    let code = said.get(..3).and_then(|code| code.parse::<u16>().ok());
                    let formed = code.is_some_and(|code| (200..600).contains(&code))
                        && matches!(said.as_bytes().get(3), Some(b' ' | b'-') | None);
                    assert!(formed, "{:?} after {:?}", reply, String::from_utf8_lossy(line));
                }
                if reply.starts_with("421 ") {
                    break;
                }
            }
            assert_eq!(desk.count().await, 0);
            let mut next = desk.logged_in().await;
            let reply = next.deliver(&["bob@x.example"], &letter("")).await;
            assert!(reply.starts_with("250 2.0.0 Ok: held"), "{reply}");
        });
    }
}

/// `DATA` may be answered 354, and what follows it are no commands then.
fn is_data_of_a_message(line: &[u8]) -> bool {
    line.to_ascii_uppercase().starts_with(b"DATA")
}
