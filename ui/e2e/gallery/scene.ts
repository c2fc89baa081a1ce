// One picture of the gallery: where it is, and what a person does before it is taken.

import type { Page } from "playwright-core";
import type { Look } from "../window";

export type Scene = [name: string, look: Look, prepare?: (page: Page) => Promise<void>];
