//! What the system must have, and how each package manager calls it.
//!
//! A part is looked for by what it gives (a program, a library, a file), not by its package: who
//! built it by hand has it too. To add one, add a line.

use crate::house::House;
use Give::{File, Library, Program, Python};
use Need::{Build, Clients, Mail, Window, WindowTest};

/// What a part is needed for; later ones include nothing of earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Compiling anything at all.
    Build,
    /// Compiling the desktop window.
    Window,
    /// Driving the real window in tests.
    WindowTest,
    /// The private mail servers of the tests.
    Mail,
    /// The published clients the tests point at the doors.
    Clients,
}

/// What shows that a part is there; any one of the names is enough.
#[derive(Debug, Clone, Copy)]
pub enum Give {
    /// A program on PATH.
    Program(&'static [&'static str]),
    /// A library as pkg-config knows it.
    Library(&'static [&'static str]),
    /// A file at a fixed place.
    File(&'static [&'static str]),
    /// A module of the system's Python: Debian splits its standard library.
    Python(&'static str),
}

/// One line of the table. dnf also takes a file for a package. An empty package name: nothing to install there, and not looked for.
#[derive(Debug)]
pub struct Part {
    /// When it is needed.
    pub need: Need,
    /// What shows that it is there.
    pub give: Give,
    apt: &'static str,
    dnf: &'static str,
    pacman: &'static str,
    brew: &'static str,
}

/// The package managers we can name a command for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manager {
    /// Debian, Ubuntu and their kin: the only one we drive ourselves.
    Apt,
    /// Fedora and its kin.
    Dnf,
    /// Arch and its kin.
    Pacman,
    /// macOS.
    Brew,
}

impl Manager {
    /// The manager of this machine.
    pub fn of(house: &House) -> Option<Manager> {
        [
            ("apt-get", Manager::Apt),
            ("dnf", Manager::Dnf),
            ("pacman", Manager::Pacman),
            ("brew", Manager::Brew),
        ]
        .into_iter()
        .find(|(program, _)| house.which(program).is_some())
        .map(|(_, manager)| manager)
    }
}

impl Part {
    /// Its packages there, space between them; empty when that system needs none.
    pub fn packages(&self, manager: Manager) -> &'static str {
        match manager {
            Manager::Apt => self.apt,
            Manager::Dnf => self.dnf,
            Manager::Pacman => self.pacman,
            Manager::Brew => self.brew,
        }
    }

    /// Its name for a person.
    pub fn name(&self) -> &'static str {
        match self.give {
            Program(names) | Library(names) | File(names) => {
                names.first().copied().unwrap_or_default()
            }
            Python(module) => module,
        }
    }

    /// Whether it is there.
    pub fn is_there(&self, house: &House) -> bool {
        match self.give {
            Program(names) => names.iter().any(|name| house.which(name).is_some()),
            Library(names) => names
                .iter()
                .any(|name| house.ask("pkg-config", &["--exists", name]).is_some()),
            Python(module) => house
                .ask("python3", &["-c", &format!("import {module}")])
                .is_some(),
            File(paths) => paths.iter().any(|path| std::path::Path::new(path).exists()),
        }
    }
}

/// The parts for these needs that are not there, in table order.
pub fn missing(house: &House, needs: &[Need], manager: Option<Manager>) -> Vec<&'static Part> {
    PARTS
        .iter()
        .filter(|part| needs.contains(&part.need))
        .filter(|part| manager.is_none_or(|m| !part.packages(m).is_empty()))
        .filter(|part| !part.is_there(house))
        .collect()
}

const fn part(need: Need, give: Give, [apt, dnf, pacman, brew]: [&'static str; 4]) -> Part {
    Part {
        need,
        give,
        apt,
        dnf,
        pacman,
        brew,
    }
}

/// need · what shows it is there · its packages in apt, dnf, pacman, brew
#[rustfmt::skip] // a table: one line each
pub const PARTS: &[Part] = &[
    part(Build, Program(&["cc"]), ["build-essential", "gcc gcc-c++ make", "base-devel", ""]),
    part(Build, Program(&["pkg-config"]), ["pkg-config", "pkgconf-pkg-config", "pkgconf", "pkgconf"]),

    part(Window, Library(&["webkit2gtk-4.1"]), ["libwebkit2gtk-4.1-dev", "webkit2gtk4.1-devel", "webkit2gtk-4.1", ""]),
    part(Window, Library(&["ayatana-appindicator3-0.1", "appindicator3-0.1"]), ["libayatana-appindicator3-dev", "libappindicator-gtk3-devel", "libayatana-appindicator", ""]),
    part(Window, Library(&["librsvg-2.0"]), ["librsvg2-dev", "librsvg2-devel", "librsvg", ""]),

    part(WindowTest, Program(&["Xvfb"]), ["xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb", ""]),
    part(WindowTest, Program(&["WebKitWebDriver"]), ["webkit2gtk-driver", "/usr/bin/WebKitWebDriver", "webkit2gtk-4.1 webkitgtk-6.0", ""]),
    part(WindowTest, Program(&["setpriv"]), ["util-linux", "util-linux", "util-linux", ""]),
    part(WindowTest, Program(&["dbus-daemon"]), ["dbus", "dbus-daemon", "dbus", ""]),
    part(WindowTest, Program(&["dbus-send"]), ["dbus", "dbus-tools", "dbus", ""]),
    part(WindowTest, Program(&["gdbus"]), ["libglib2.0-bin", "glib2", "glib2", ""]),
    part(WindowTest, Program(&["dunst"]), ["dunst", "dunst", "dunst", ""]),
    part(WindowTest, Program(&["openbox"]), ["openbox", "openbox", "openbox", ""]),
    part(WindowTest, Program(&["trayer"]), ["trayer", "trayer", "trayer", ""]),
    part(WindowTest, Program(&["xdotool"]), ["xdotool", "xdotool", "xdotool", ""]),
    part(WindowTest, Program(&["wmctrl"]), ["wmctrl", "wmctrl", "wmctrl", ""]),
    part(WindowTest, Program(&["import"]), ["imagemagick", "ImageMagick", "imagemagick", ""]),
    part(WindowTest, Program(&["xwininfo"]), ["x11-utils", "xwininfo", "xorg-xwininfo", ""]),
    part(WindowTest, Program(&["xclock"]), ["x11-apps", "xclock", "xorg-xclock", ""]),
    part(WindowTest, Program(&["gnome-keyring-daemon"]), ["gnome-keyring", "gnome-keyring", "gnome-keyring", ""]),
    part(WindowTest, Program(&["secret-tool"]), ["libsecret-tools", "libsecret", "libsecret", ""]),
    part(WindowTest, Program(&["chromium", "chromium-browser", "google-chrome"]), ["chromium", "chromium", "chromium", ""]),
    part(WindowTest, File(&["/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/dejavu-sans-fonts", "/usr/share/fonts/TTF/DejaVuSans.ttf"]), ["fonts-dejavu-core", "dejavu-sans-fonts", "ttf-dejavu", ""]),
    part(WindowTest, File(&["/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf", "/usr/share/fonts/google-noto-vf", "/usr/share/fonts/noto/NotoSans-Regular.ttf"]), ["fonts-noto-core", "google-noto-sans-vf-fonts", "noto-fonts", ""]),
    part(WindowTest, File(&["/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf", "/usr/share/fonts/google-noto-color-emoji-fonts", "/usr/share/fonts/noto/NotoColorEmoji.ttf"]), ["fonts-noto-color-emoji", "google-noto-color-emoji-fonts", "noto-fonts-emoji", ""]),

    part(Mail, Program(&["dovecot"]), ["dovecot-core", "dovecot", "dovecot", "dovecot"]),
    part(Mail, File(&["/usr/lib/dovecot/imap", "/usr/libexec/dovecot/imap", "/opt/homebrew/libexec/dovecot/imap"]), ["dovecot-imapd", "dovecot", "dovecot", "dovecot"]),
    part(Mail, File(&["/usr/lib/dovecot/lmtp", "/usr/libexec/dovecot/lmtp", "/opt/homebrew/libexec/dovecot/lmtp"]), ["dovecot-lmtpd", "dovecot", "dovecot", "dovecot"]),
    part(Mail, Program(&["postfix"]), ["postfix", "postfix", "postfix", "postfix"]),
    part(Mail, Program(&["swaks"]), ["swaks", "swaks", "swaks", "swaks"]),
    part(Mail, Program(&["python3"]), ["python3", "python3", "python", "python"]),

    part(Clients, Python("ensurepip"), ["python3-venv", "python3-pip", "python", "python"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_a_name_to_look_for_and_a_debian_package() {
        for part in PARTS {
            assert!(!part.name().is_empty(), "{part:?}");
            assert!(!part.packages(Manager::Apt).is_empty(), "{part:?}");
        }
    }

    #[test]
    fn no_package_name_could_be_read_as_anything_else_by_a_shell() {
        for part in PARTS {
            for manager in [Manager::Apt, Manager::Dnf, Manager::Pacman, Manager::Brew] {
                let plain = |c: char| c.is_ascii_alphanumeric() || " ./+-_".contains(c);
                assert!(part.packages(manager).chars().all(plain), "{part:?}");
            }
        }
    }

    #[test]
    fn a_mac_needs_no_gtk() {
        let gtk = PARTS.iter().filter(|part| part.need == Window);
        assert!(
            gtk.into_iter()
                .all(|part| part.packages(Manager::Brew).is_empty())
        );
    }
}
