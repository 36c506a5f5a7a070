import type { AnswerText, HeaderTexts } from "./operation.ts";

/** Headers of files, as the document tells of them (docs/spec/http.md, "Headers of a file"). */

const tag = { type: "string", pattern: '^(W/)?"[^"]*"$' };
const time = { type: "string", format: "date-time" };

export const ofRequestThatReads: HeaderTexts = {
  Range: { description: "One range of bytes or several: `bytes=0-99`, `bytes=100-`, `bytes=-100`." },
  "If-Range": { description: "The ranges count only if the file still has this entity tag." },
  "If-Match": { description: "412 unless the file has one of these entity tags." },
  "If-None-Match": { description: "304 if the file has one of these entity tags." },
  "x-request-id": {
    description: "A name by which `/v1/failures/{request}` tells why the answer broke off.",
    schema: { type: "string", maxLength: 64 },
  },
};

export const ofRequestThatWrites: HeaderTexts = {
  "If-Match": { description: "412 unless the key holds the version of this entity tag.", schema: tag },
  "If-None-Match": { description: "`*`: 412 if the key is there." },
};

export const ofRequestThatStores: HeaderTexts = {
  ...ofRequestThatWrites,
  "x-gstore-modified": { description: "The file's own modification time.", schema: time },
  "x-gstore-mode": {
    description: "Permission bits in octal.",
    schema: { type: "string", pattern: "^[0-7]{3,4}$" },
  },
};

export const entityTagOnly: HeaderTexts = {
  ETag: { description: "The version, in quotes.", schema: tag },
};

const ofFile: HeaderTexts = {
  ...entityTagOnly,
  "Last-Modified": { description: "When this version was stored, to the second." },
  "Accept-Ranges": { description: "`bytes`" },
  "Content-Length": { description: "An answer that ends before so many bytes is broken, not short." },
  "x-gstore-key": { description: "The key, percent-encoded." },
  "x-gstore-size": { description: "Bytes of the whole file." },
  "x-gstore-digest": { description: "BLAKE3 of the whole file: `1e20` and 64 digits." },
  "x-gstore-content-type": { description: "The media type as it was given, percent-encoded." },
  "x-gstore-stored": {
    description: "When this version was stored, by its author's clock.",
    schema: time,
  },
  "x-gstore-author": { description: "Id of the node that stored it." },
  "x-gstore-author-name": { description: "Its name, percent-encoded." },
  "x-gstore-modified": { description: "The file's own modification time.", schema: time },
  "x-gstore-mode": { description: "Permission bits in octal." },
};

const notModified: AnswerText = { description: "The entity tag is still that one.", headers: entityTagOnly };

/** User metadata has a header for each name, which a description by name can't hold. */
const described = "User metadata comes as `x-gstore-meta-NAME`, percent-encoded.";

export const answersOfGet: Readonly<Record<number, AnswerText>> = {
  200: {
    description: `The file, of whatever media type it was stored with. ${described}`,
    content: { "*/*": "bytes" },
    headers: ofFile,
  },
  206: {
    description: "The range asked for; several as `multipart/byteranges`.",
    content: { "*/*": "bytes", "multipart/byteranges": "bytes" },
    headers: { ...ofFile, "Content-Range": { description: "Of one range: `bytes 0-99/1234`." } },
  },
  304: notModified,
};

export const answersOfHead: Readonly<Record<number, AnswerText>> = {
  200: { description: `The file without its bytes. ${described}`, headers: ofFile },
  304: notModified,
};
