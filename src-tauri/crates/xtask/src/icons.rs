//! `cargo xtask icons`: draws the PNG files from their SVG, and packs them for Windows and macOS.
//!
//! ICO and ICNS both hold ready PNG files behind a small table, so packing is a few bytes here and
//! no dependency.

use crate::house::{House, say};

/// SVG · colour of what is drawn in `currentColor` · width and height in pixels · PNG. To add one,
/// add a line.
#[rustfmt::skip] // a table: one line each
const DRAWN: &[(&str, &str, u32, &str)] = &[
    ("app-small.svg", DARK, 16, "16x16.png"),
    ("app-small.svg", DARK, 32, "32x32.png"),
    ("app.svg", DARK, 64, "64x64.png"),
    ("app.svg", DARK, 128, "128x128.png"),
    ("app.svg", DARK, 256, "128x128@2x.png"),
    ("app.svg", DARK, 512, "icon.png"),
    ("tray-idle.svg", DARK, 64, "tray-idle-dark.png"),
    ("tray-waiting.svg", DARK, 64, "tray-waiting-dark.png"),
    ("tray-paused.svg", DARK, 64, "tray-paused-dark.png"),
    ("tray-idle.svg", LIGHT, 64, "tray-idle-light.png"),
    ("tray-waiting.svg", LIGHT, 64, "tray-waiting-light.png"),
    ("tray-paused.svg", LIGHT, 64, "tray-paused-light.png"),
];

/// For light panels, and as a template on macOS.
const DARK: &str = "#1d2230";
/// For dark panels.
const LIGHT: &str = "#f2f4fa";

/// What goes into `icon.ico`: side in pixels and file.
const ICO: &[(u32, &str)] = &[
    (16, "16x16.png"),
    (32, "32x32.png"),
    (64, "64x64.png"),
    (128, "128x128.png"),
    (256, "128x128@2x.png"),
];

/// What goes into `icon.icns`: the type macOS gives that size, and file.
const ICNS: &[(&[u8; 4], &str)] = &[
    (b"icp4", "16x16.png"),
    (b"icp5", "32x32.png"),
    (b"icp6", "64x64.png"),
    (b"ic07", "128x128.png"),
    (b"ic08", "128x128@2x.png"),
    (b"ic09", "icon.png"),
];

/// Draws and packs everything in icons/.
///
/// # Errors
/// A sentence when `rsvg-convert` is missing, a drawing is broken, or a file cannot be written.
pub fn draw(house: &House) -> Result<(), String> {
    if house.which("rsvg-convert").is_none() {
        return Err(
            "drawing needs rsvg-convert: `sudo apt-get install librsvg2-bin`, `sudo dnf install \
                    librsvg2-tools`, `sudo pacman -S librsvg` or `brew install librsvg`"
                .to_owned(),
        );
    }
    let style = house.at("target/icon-colour.css");
    let style_name = style.display().to_string();
    for (svg, colour, side, png) in DRAWN {
        std::fs::write(&style, format!("svg {{ color: {colour} }}"))
            .map_err(|e| format!("{style_name} cannot be written: {e}"))?;
        let side = side.to_string();
        let size = ["--width", &side, "--height", &side];
        let files = ["--stylesheet", &style_name, "--output", png, svg];
        house.run("icons", "rsvg-convert", &[&size[..], &files[..]].concat())?;
    }
    let read = |name: &str| {
        std::fs::read(house.at("icons").join(name))
            .map_err(|e| format!("{name} cannot be read: {e}"))
    };
    let windows = ICO.iter().map(|(side, name)| Ok((*side, read(name)?)));
    let mac = ICNS.iter().map(|(kind, name)| Ok((**kind, read(name)?)));
    write(
        house,
        "icon.ico",
        &ico(&windows.collect::<Result<Vec<_>, String>>()?),
    )?;
    write(
        house,
        "icon.icns",
        &icns(&mac.collect::<Result<Vec<_>, String>>()?),
    )?;
    say("drawn: look at them before committing");
    Ok(())
}

fn write(house: &House, name: &str, bytes: &[u8]) -> Result<(), String> {
    let path = house.at("icons").join(name);
    std::fs::write(&path, bytes).map_err(|e| format!("{} cannot be written: {e}", path.display()))
}

/// Windows' icon file: 6 bytes of header, 16 bytes for each picture, then the pictures.
fn ico(pictures: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut file = vec![0, 0, 1, 0];
    file.extend(
        u16::try_from(pictures.len())
            .unwrap_or(u16::MAX)
            .to_le_bytes(),
    );
    let mut offset = 6 + 16 * pictures.len();
    for (side, png) in pictures {
        // One byte each for width and height; 256 is written as 0.
        let side = u8::try_from(*side).unwrap_or(0);
        file.extend([side, side, 0, 0, 1, 0, 32, 0]);
        file.extend(length(png.len()).to_le_bytes());
        file.extend(length(offset).to_le_bytes());
        offset += png.len();
    }
    pictures.iter().for_each(|(_, png)| file.extend(png));
    file
}

/// macOS' icon file: 8 bytes of header, then each picture behind its type and length.
fn icns(pictures: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let whole: usize = 8 + pictures.iter().map(|(_, png)| 8 + png.len()).sum::<usize>();
    let mut file = b"icns".to_vec();
    file.extend(length(whole).to_be_bytes());
    for (kind, png) in pictures {
        file.extend(kind);
        file.extend(length(8 + png.len()).to_be_bytes());
        file.extend(png);
    }
    file
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_windows_icon_points_at_each_picture() {
        let file = ico(&[(16, b"first".to_vec()), (256, b"second".to_vec())]);
        let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!(&file[..6], [0, 0, 1, 0, 2, 0]);
        assert_eq!((file[6], file[22]), (16, 0), "256 is written as 0");
        let picture = |entry: usize| &file[number(entry + 12)..][..number(entry + 8)];
        assert_eq!(picture(6), b"first");
        assert_eq!(picture(22), b"second");
    }

    #[test]
    fn a_mac_icon_tells_its_own_length() {
        let file = icns(&[(*b"ic07", b"one".to_vec()), (*b"ic08", b"three".to_vec())]);
        assert_eq!(&file[..4], b"icns");
        assert_eq!(
            u32::from_be_bytes(file[4..8].try_into().unwrap()) as usize,
            file.len()
        );
        assert_eq!(&file[8..12], b"ic07");
        assert_eq!(u32::from_be_bytes(file[12..16].try_into().unwrap()), 11);
    }
}
