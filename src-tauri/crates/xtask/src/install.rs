//! Getting missing parts: with apt we do it, elsewhere we name the exact command and stop.
//!
//! Mail servers are installed for the tests only, so nothing installed here may start as a service:
//! while apt works, policy-rc.d says so, and whatever policy was there before is put back. Postfix
//! would ask a question; it gets its answer beforehand.

use std::io::IsTerminal;
use std::process::Stdio;

use crate::house::{House, say};
use crate::parts::{Manager, Need, Part, missing};

/// Makes sure that everything for these needs is there.
///
/// # Errors
/// A sentence with the exact command when parts are missing and cannot be installed from here.
pub fn ensure(house: &House, needs: &[Need]) -> Result<(), String> {
    let manager = Manager::of(house);
    let lacking = missing(house, needs, manager);
    if lacking.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = lacking.iter().map(|part| part.name()).collect();
    let Some(manager) = manager else {
        return Err(format!(
            "these parts are missing, and no package manager we know is here to name their \
             packages: {}",
            names.join(", ")
        ));
    };
    say(&format!("missing: {}", names.join(", ")));
    let packages = packages(&lacking, manager);
    let by_hand = command_for_people(manager, &packages);
    if manager != Manager::Apt {
        return Err(format!(
            "install the missing parts and run this again:\n  {by_hand}"
        ));
    }
    let script = apt_script(&packages);
    match permission(house)? {
        Permission::Root => house.run("", "sh", &["-c", &script])?,
        Permission::Sudo => {
            say(&format!("installing with sudo:\n  {by_hand}"));
            let status = house
                .command("", "sudo", &["sh", "-c", &script])
                .stdin(Stdio::inherit())
                .status();
            if !status.is_ok_and(|s| s.success()) {
                return Err(format!(
                    "installing failed; this is the command:\n  {by_hand}"
                ));
            }
        }
        Permission::None => {
            return Err(format!(
                "install the missing parts and run this again:\n  {by_hand}"
            ));
        }
    }
    let still: Vec<&str> = missing(house, needs, Some(manager))
        .iter()
        .map(|part| part.name())
        .collect();
    if still.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "apt-get succeeded and yet these are not to be found: {}",
            still.join(", ")
        ))
    }
}

enum Permission {
    Root,
    Sudo,
    None,
}

/// Root may; who has sudo is asked; a machine nobody sits at may when its sudo needs no password.
fn permission(house: &House) -> Result<Permission, String> {
    if house.ask("id", &["-u"]).is_some_and(|id| id.trim() == "0") {
        return Ok(Permission::Root);
    }
    if house.which("sudo").is_none() {
        return Ok(Permission::None);
    }
    if std::env::var_os("CI").is_some() {
        let free = house.ask("sudo", &["-n", "true"]).is_some();
        return Ok(if free {
            Permission::Sudo
        } else {
            Permission::None
        });
    }
    if !std::io::stdin().is_terminal() {
        return Ok(Permission::None);
    }
    say("install them now with sudo and apt-get? [Y/n]");
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .map_err(|e| format!("no answer could be read: {e}"))?;
    let yes = matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes");
    Ok(if yes {
        Permission::Sudo
    } else {
        Permission::None
    })
}

/// Their packages, each once, in table order.
fn packages(parts: &[&Part], manager: Manager) -> Vec<&'static str> {
    let mut all: Vec<&'static str> = Vec::new();
    for name in parts
        .iter()
        .flat_map(|part| part.packages(manager).split_whitespace())
    {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// What a person types for it.
fn command_for_people(manager: Manager, packages: &[&str]) -> String {
    let list = packages.join(" ");
    match manager {
        Manager::Apt => {
            let answer = if packages.contains(&"postfix") {
                format!("echo '{POSTFIX_ANSWER}' | sudo debconf-set-selections && ")
            } else {
                String::new()
            };
            format!(
                "{answer}sudo apt-get update && sudo apt-get install --no-install-recommends {list}"
            )
        }
        Manager::Dnf => format!("sudo dnf install {list}"),
        Manager::Pacman => format!("sudo pacman -S --needed {list}"),
        Manager::Brew => format!("brew install {list}"),
    }
}

const POSTFIX_ANSWER: &str = "postfix postfix/main_mailer_type select No configuration";

/// What root runs for it.
fn apt_script(packages: &[&str]) -> String {
    format!(
        "set -e
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
put_back() {{ rm -f $policy; if [ -e $policy.before-sendoff ]; then mv $policy.before-sendoff $policy; fi; }}
if [ -e $policy ] && [ ! -e $policy.before-sendoff ]; then mv $policy $policy.before-sendoff; fi
trap put_back EXIT
trap 'exit 130' INT TERM HUP
printf '#!/bin/sh\\nexit 101\\n' > $policy
chmod 755 $policy
if command -v debconf-set-selections > /dev/null; then echo '{POSTFIX_ANSWER}' | debconf-set-selections; fi
apt-get -o DPkg::Lock::Timeout=300 update
apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends {}
",
        packages.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parts::PARTS;

    fn of(need: Need) -> Vec<&'static Part> {
        PARTS.iter().filter(|part| part.need == need).collect()
    }

    #[test]
    fn each_manager_gets_its_own_command() {
        let window = of(Need::Window);
        assert_eq!(
            command_for_people(Manager::Dnf, &packages(&window, Manager::Dnf)),
            "sudo dnf install webkit2gtk4.1-devel libappindicator-gtk3-devel librsvg2-devel"
        );
        assert_eq!(
            command_for_people(Manager::Pacman, &packages(&window, Manager::Pacman)),
            "sudo pacman -S --needed webkit2gtk-4.1 libayatana-appindicator librsvg"
        );
        assert_eq!(
            command_for_people(Manager::Apt, &packages(&window, Manager::Apt)),
            "sudo apt-get update && sudo apt-get install --no-install-recommends libwebkit2gtk-4.1-dev \
             libayatana-appindicator3-dev librsvg2-dev"
        );
    }

    #[test]
    fn a_package_that_gives_several_parts_is_named_once() {
        assert_eq!(
            packages(&of(Need::Mail), Manager::Brew),
            ["dovecot", "postfix", "swaks", "python"]
        );
    }

    #[test]
    fn postfix_is_answered_before_it_asks() {
        let by_hand = command_for_people(Manager::Apt, &["postfix"]);
        let answer = by_hand.find("debconf-set-selections").unwrap();
        assert!(answer < by_hand.find("install").unwrap());
        assert!(!command_for_people(Manager::Apt, &["xvfb"]).contains("debconf"));
    }

    #[test]
    fn services_stay_off_while_apt_works_and_the_old_policy_comes_back() {
        let script = apt_script(&["dovecot-core"]);
        let at = |what: &str| script.find(what).unwrap_or_else(|| panic!("no `{what}`"));
        assert!(at("trap put_back EXIT") < at("exit 101"));
        assert!(at("exit 101") < at("install -y"));
        assert!(
            script.matches("apt-get").count() == 2,
            "one update, one install"
        );
    }
}
