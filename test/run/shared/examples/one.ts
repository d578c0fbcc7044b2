import { leave } from "./leave.ts";

leave();
