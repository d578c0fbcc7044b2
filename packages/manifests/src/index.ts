export {
  type DocumentFault,
  type DocumentFaultCode,
  maxDepth,
  maxFileJsonBytes,
  maxTotalJsonBytes,
  mostCostly,
  mostDocuments,
  mostTime,
  mostTotalTime,
  mostUnreadable,
} from "./document.ts";
export {
  type FileFault,
  type Manifest,
  maxFileBytes,
  type ReadManifests,
  readManifests,
  type SkippedFile,
  standardInput,
} from "./files.ts";
export { isKustomizationFile } from "./no-manifest.ts";
export { createReader, type Reader } from "./reader.ts";
