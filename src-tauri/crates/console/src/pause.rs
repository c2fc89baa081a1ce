//! The kill switch for everything.

use domain::{Actor, Problem};
use engine::PauseScope;

use crate::args::NoArgs;
use crate::frame;
use crate::table::Desk;
use crate::view::Frame;

pub(crate) async fn on(desk: &Desk<'_>, args: NoArgs) -> Result<Frame, Problem> {
    desk.engine
        .pause(PauseScope::Workspace, Actor::Operator)
        .await?;
    frame::show(desk, args).await
}

pub(crate) async fn off(desk: &Desk<'_>, args: NoArgs) -> Result<Frame, Problem> {
    desk.engine.resume(PauseScope::Workspace).await?;
    frame::show(desk, args).await
}
