import { type AnswerText, type HeaderTexts, type Operation, operation } from "./operation.ts";

const number = { type: "integer", minimum: 0 };
const resumable: HeaderTexts = {
  "Tus-Resumable": { description: "`1.0.0`", schema: { type: "string", const: "1.0.0" } },
};
const offset: HeaderTexts = { "Upload-Offset": { description: "Bytes that have come.", schema: number } };
const length: HeaderTexts = { "Upload-Length": { description: "Bytes of the file.", schema: number } };
const metadata: HeaderTexts = {
  "Upload-Metadata": {
    description:
      "Pairs of a name and a value in base64, with commas between: `key` (or `filename`), `space`, `filetype`, `modified`.",
  },
};
const expires: HeaderTexts = {
  "Upload-Expires": { description: "When it is given up unless more has come by then." },
  ETag: { description: "The version that it became, once all has come." },
};
const checksum: HeaderTexts = {
  "Upload-Checksum": { description: "`sha1`, `sha256` or `sha512`, and the checksum of the body in base64." },
};
const piece = { type: "application/offset+octet-stream", description: "The next bytes of the file." };
const patched: Readonly<Record<number, AnswerText>> = {
  204: { description: "They are synced to the disk.", headers: { ...resumable, ...offset, ...expires } },
};
const patching = {
  headers: { ...resumable, ...offset, ...checksum },
  body: piece,
  answers: patched,
  errors: [404, 409, 412, 413, 415, 460, 507],
};

/** Files that come in pieces, by the tus protocol. */
export const OPERATIONS_OF_UPLOADS: Readonly<Record<string, Operation>> = {
  "OPTIONS /v1/uploads": operation("uploads", "describeUploads", "What of the tus protocol there is", {
    answers: {
      204: {
        description: "Versions, extensions, and the largest file.",
        headers: {
          ...resumable,
          "Tus-Version": { description: "`1.0.0`" },
          "Tus-Extension": { description: "Extensions, with commas between." },
          "Tus-Max-Size": { description: "Bytes of the largest file.", schema: number },
          "Tus-Checksum-Algorithm": { description: "Algorithms, with commas between." },
        },
      },
    },
  }),
  "POST /v1/uploads": operation(
    "uploads",
    "createUpload",
    "Begins a file that comes in pieces, and may take the first",
    {
      headers: { ...resumable, ...length, ...metadata, ...checksum },
      body: { ...piece, isOptional: true },
      answers: {
        201: {
          description: "`Location` is where its pieces go.",
          headers: { ...resumable, ...offset, ...expires, Location: { description: "Of the upload." } },
        },
      },
      errors: [404, 412, 413, 460, 507],
    },
  ),
  "GET /v1/uploads/:id": operation("uploads", "readUpload", "How much of an upload has come", {
    errors: [404],
  }),
  "HEAD /v1/uploads/:id": operation("uploads", "findOffset", "Where an upload goes on", {
    headers: resumable,
    answers: {
      200: {
        description: "What was being sent is ended before.",
        headers: { ...resumable, ...offset, ...length, ...metadata, ...expires },
      },
    },
    errors: [404, 412],
  }),
  "PATCH /v1/uploads/:id": operation("uploads", "appendToUpload", "Takes the next bytes of a file", patching),
  "POST /v1/uploads/:id": operation(
    "uploads",
    "overrideUpload",
    "The same, or giving up, for clients that have no such methods",
    {
      ...patching,
      headers: {
        ...patching.headers,
        "X-HTTP-Method-Override": {
          description: "The method that is meant.",
          schema: { type: "string", enum: ["PATCH", "DELETE"] },
        },
      },
    },
  ),
  "DELETE /v1/uploads/:id": operation("uploads", "giveUpUpload", "Gives up an upload", {
    headers: resumable,
    answers: { 204: { description: "It is gone.", headers: resumable } },
    errors: [404, 412],
  }),
};
