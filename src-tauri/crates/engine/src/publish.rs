//! Publishing a policy: checked whole, then recorded whole.

use domain::{Code, Problem, limits};
use policy::PolicyProblem;
use store::{PublishedPolicy, Store};

use crate::open::Engine;

/// Why a policy was not published; the one in force stays.
#[derive(Clone, Debug)]
pub enum PolicyRefused {
    /// What is wrong with it, everything at once.
    Invalid(Vec<PolicyProblem>),
    /// It could not be written.
    Problem(Problem),
}

impl From<PolicyRefused> for Problem {
    fn from(refused: PolicyRefused) -> Problem {
        match refused {
            PolicyRefused::Invalid(problems) => {
                let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
                Problem::new(Code::InvalidPolicy, all.join("; "))
            }
            PolicyRefused::Problem(problem) => problem,
        }
    }
}

/// What a rule is called on screen; none for a code that is no rule of the table.
pub fn rule_title(code: &str) -> Option<&'static str> {
    policy::RULES
        .iter()
        .find(|rule| rule.code() == code)
        .map(|rule| rule.title())
}

impl Engine {
    /// The policy in force; version 0 if there is none.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn policy(&self) -> Result<PublishedPolicy, Problem> {
        self.read(Store::policy).await
    }

    /// Every policy ever published, newest first.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn policies(&self) -> Result<Vec<PublishedPolicy>, Problem> {
        self.read(Store::policies).await
    }

    /// Everything wrong with a document; empty if it could be published. It stands alone: no data
    /// folder has a say in it.
    pub fn check_policy(text: &str) -> Vec<PolicyProblem> {
        policy::parse(text).err().unwrap_or_default()
    }

    /// Publishes a document as a whole; answers its version.
    ///
    /// # Errors
    /// [`PolicyRefused`]: then the old one stays in force.
    pub async fn publish_policy(&self, text: String) -> Result<u64, PolicyRefused> {
        publishable(&text)?;
        self.act(self.inner.store.publish_policy(text, self.now()))
            .await
            .map_err(PolicyRefused::Problem)
    }

    /// The same, if version `over` is still the one in force: the text was written from it.
    ///
    /// # Errors
    /// [`PolicyRefused`]; `stale_hash` if another is in force by now.
    pub async fn publish_policy_over(&self, text: String, over: u64) -> Result<u64, PolicyRefused> {
        publishable(&text)?;
        let store = &self.inner.store;
        self.act(store.publish_policy_over(text, over, self.now()))
            .await
            .map_err(PolicyRefused::Problem)
    }
}

fn publishable(text: &str) -> Result<(), PolicyRefused> {
    if text.len() > limits::POLICY_OCTETS_MAX {
        let max = limits::POLICY_OCTETS_MAX;
        let detail = format!("a policy has at most {max} octets");
        return Err(PolicyRefused::Problem(Problem::new(
            Code::InvalidPolicy,
            detail,
        )));
    }
    match Engine::check_policy(text) {
        wrong if wrong.is_empty() => Ok(()),
        wrong => Err(PolicyRefused::Invalid(wrong)),
    }
}
