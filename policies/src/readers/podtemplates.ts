import { templateReader } from "./template.ts";

export const podtemplates = templateReader("podtemplates", ["/podtemplates"], ["template"]);
