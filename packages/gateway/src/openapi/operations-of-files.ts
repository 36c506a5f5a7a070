import { type TSchema, Type } from "typebox";
import {
  answersOfGet,
  answersOfHead,
  ofRequestThatReads,
  ofRequestThatStores,
  ofRequestThatWrites,
} from "./file-headers.ts";
import { folderUsageLine, planLine, safeLine } from "./job-lines.ts";
import { lines, type Operation, operation } from "./operation.ts";
import { OPERATIONS_OF_UPLOADS } from "./operations-of-uploads.ts";

const bytes = { type: "application/octet-stream", description: "The file, of any media type." };
const reading = { headers: ofRequestThatReads, errors: [404, 410, 412, 416, 502, 504] };
const eventStream: Record<string, TSchema> = { "text/event-stream": Type.String() };

export const OPERATIONS_OF_FILES: Readonly<Record<string, Operation>> = {
  "GET /v1/spaces/:space/keys/*": operation("files", "readFile", "Reads a file, or ranges of it", {
    ...reading,
    answers: answersOfGet,
  }),
  "HEAD /v1/spaces/:space/keys/*": operation("files", "describeFile", "Describes a file", {
    ...reading,
    answers: answersOfHead,
  }),
  "PUT /v1/spaces/:space/keys/*": operation(
    "files",
    "storeFile",
    "Stores a file; user metadata goes in `x-gstore-meta-NAME`, percent-encoded",
    { headers: ofRequestThatStores, body: bytes, errors: [404, 412, 413, 504, 507] },
  ),
  "DELETE /v1/spaces/:space/keys/*": operation(
    "files",
    "removeFile",
    "Removes a file, with `history=true` its old versions too",
    { headers: ofRequestThatWrites, errors: [404, 412] },
  ),
  "GET /v1/spaces/:space/keys": operation(
    "files",
    "listFiles",
    "Lists files whose keys begin with a prefix, page by page",
    { errors: [404] },
  ),
  "GET /v1/spaces/:space/archive": operation(
    "files",
    "readArchive",
    "Reads the files below a prefix as one zip or tar",
    {
      answers: {
        200: {
          description: "It breaks off, and never ends short, where a file can't be read.",
          content: { "application/zip": "bytes", "application/x-tar": "bytes" },
        },
      },
      errors: [404, 413],
    },
  ),
  "POST /v1/spaces/:space/copy": operation(
    "files",
    "copyFile",
    "Puts what a key holds under another key too, rewriting no data",
    { headers: ofRequestThatWrites, errors: [404, 410, 412, 504, 507] },
  ),
  "POST /v1/spaces/:space/move": operation(
    "files",
    "moveFile",
    "Puts what a key holds under another key instead, rewriting no data",
    { headers: ofRequestThatWrites, errors: [404, 410, 412, 504, 507] },
  ),
  "GET /s/:token": operation("files", "readSharedFile", "Reads the file that a link shares", {
    ...reading,
    answers: answersOfGet,
  }),
  "HEAD /s/:token": operation("files", "describeSharedFile", "Describes the file that a link shares", {
    ...reading,
    answers: answersOfHead,
  }),
  ...OPERATIONS_OF_UPLOADS,
  "GET /v1/changes": operation("files", "followChanges", "Tells changes as they happen, without an end", {
    answers: {
      200: {
        description: "Server-sent events `change`; the data of each is a Change as JSON.",
        content: eventStream,
      },
    },
    errors: [406],
  }),
  "GET /v1/failures/:request": operation("files", "takeFailure", "Tells once why a download broke off"),
  "GET /v1/spaces/:space/versions/*": operation(
    "history",
    "listVersions",
    "Lists the versions of a file, newest first",
    { errors: [404] },
  ),
  "POST /v1/spaces/:space/versions/*": operation(
    "history",
    "restoreVersion",
    "Makes a new version of an old one, or settles a conflict",
    { errors: [404, 409, 410, 504, 507] },
  ),
  "DELETE /v1/spaces/:space/versions/*": operation(
    "history",
    "purgeFile",
    "Removes a file and destroys all that it ever held, on every node",
    { errors: [404, 504] },
  ),
  "GET /v1/spaces/:space/conflicts": operation("history", "listConflicts", "Lists files in conflict", {
    errors: [404],
  }),
  "GET /v1/spaces/:space/recent": operation(
    "history",
    "listRecent",
    "Lists what was written last, or with `removed=true` the files that were removed last",
    { errors: [404] },
  ),
  "GET /v1/spaces/:space/copies/*": operation(
    "copies",
    "findCopies",
    "Tells which members hold a version of a file",
    { errors: [404, 410] },
  ),
  "GET /v1/spaces/:space/placement/*": operation(
    "copies",
    "explainPlacement",
    "Tells which members should hold a file, and why",
    { errors: [404] },
  ),
  "POST /v1/safe": operation("copies", "countCopies", "Counts the copies of all versions", lines(safeLine)),
  "POST /v1/plan": operation(
    "copies",
    "planLoss",
    "Counts the copies as they would be without some members",
    lines(planLine),
  ),
  "POST /v1/du": operation(
    "copies",
    "measureFolders",
    "Sums what the files below a prefix take",
    lines(folderUsageLine),
  ),
};
