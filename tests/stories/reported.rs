//! What became of a mail after the relay took it, in the words of the Resend-shaped door.

use serde_json::json;
use tests::wait::PATIENCE;
use tests::{ALICE, BOB, until};

use crate::inbound::Office;

impl Office {
    /// The system of somebody it went to reports of it (RFC 3464).
    fn reported(&self, message_id: &str, mark: &str, action: &str, status: &str) {
        let headers = format!(
            "MIME-Version: 1.0\r\nMessage-ID: <{mark}@bob.test>\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n"
        );
        let body = format!(
            "--b\nContent-Type: text/plain\n\nA report.\n\n--b\n\
             Content-Type: message/delivery-status\n\nReporting-MTA: dns; example.test\n\n\
             Final-Recipient: rfc822; {bob}\nAction: {action}\nStatus: {status}\n\n--b\n\
             Content-Type: message/rfc822\n\nFrom: <{alice}>\nTo: <{bob}>\n\
             Message-ID: {message_id}\nSubject: x\n\nx\n--b--",
            alice = ALICE.address,
            bob = BOB.address,
        );
        self.bob_writes("A report about your mail", &headers, &body);
    }

    fn until_last_event(&self, id: &str, wanted: &str) {
        until(&format!("{id} to be {wanted}"), PATIENCE, || {
            let shown = self.api.get(&format!("/emails/{id}")).json();
            (shown["last_event"] == wanted).then_some(())
        });
        let listed = self.api.get("/emails").json();
        let mut rows = listed["data"].as_array().unwrap().iter();
        let row = rows.find(|row| row["id"] == id).unwrap();
        assert_eq!(row["last_event"], wanted, "{listed}");
    }
}

#[test]
fn the_resend_shaped_door_says_delivered_complained_and_bounced_as_they_are_reported() {
    let office = Office::open();
    let [(first, its_id), (second, other_id)] =
        ["one", "two"].map(|subject| office.send(BOB.address, subject, &json!({})));
    office.until_last_event(&first, "sent");
    office.reported(&its_id, "report-1", "delivered", "2.0.0");
    office.until_last_event(&first, "delivered");
    office.until_last_event(&second, "sent");
    office.bob_complains(1, &its_id);
    office.until_last_event(&first, "complained");
    office.reported(&other_id, "report-2", "failed", "5.1.1");
    office.until_last_event(&second, "bounced");
    office.until_last_event(&first, "complained");
    office.desk.run(&["verify"]).ok();
}
