import { sign } from "node:crypto";
import {
  decodeCertificateChain,
  decodeMembershipRecord,
  digestOf,
  encodeCertificateChain,
  encodeMembershipBody,
  encodeMembershipRecord,
  type MembershipBody,
  type MembershipRecord,
  membershipSigningBytes,
  type Role,
  type SpaceId,
} from "@gstore/core";
import { describe, expect, test } from "vitest";
import {
  issueCertificate,
  type NodeIdentity,
  verifyCertificate,
  verifyMembershipRecord,
} from "../src/index.ts";
import { codeOf, fixedIdentity, fixedSecrets, flipped } from "./fixtures.ts";

const secrets = fixedSecrets("ours");
const others = fixedSecrets("others");
const admin = fixedIdentity("admin");
const member = fixedIdentity("member");
const { networkId } = secrets;
const spaceA = "0a".repeat(16) as SpaceId;
const spaceB = "0b".repeat(16) as SpaceId;

function issue(
  subject: NodeIdentity,
  options: { role?: Role; spaces?: SpaceId[] | null; by?: typeof secrets } = {},
): MembershipRecord {
  const { role = "writer", spaces = null, by = secrets } = options;
  return issueCertificate({
    secrets: by,
    identity: subject,
    role,
    name: "node",
    spaces,
    parents: [],
    timeMs: 1,
  });
}

/** A record that `issuer` signs, which only later versions will issue. */
function issuedBy(
  issuer: NodeIdentity,
  subject: NodeIdentity,
  spaces: SpaceId[] | null = null,
  parts: Partial<MembershipBody> = {},
): MembershipRecord {
  const body = { ...issue(subject, { spaces }).body, issuer: issuer.publicKey, ...parts };
  const bodyBytes = encodeMembershipBody(body);
  const signature = sign(null, membershipSigningBytes(bodyBytes), issuer.privateKey);
  return decodeMembershipRecord(encodeMembershipRecord(bodyBytes, signature));
}

const verdict = (chain: MembershipRecord[], subject: NodeIdentity = member): unknown =>
  codeOf(() => verifyCertificate(chain, { networkId, subject: subject.peerId }));

describe("a certificate", () => {
  test("of the root admits its subject, over the wire too", () => {
    const record = issue(member, { role: "vault", spaces: [spaceA] });
    const chain = decodeCertificateChain(encodeCertificateChain([record]));
    expect(verifyCertificate(chain, { networkId, subject: member.peerId })).toEqual({
      op: "admit",
      member: member.peerId,
      agreementKey: member.agreementPublicKey,
      role: "vault",
      name: "node",
      spaces: [spaceA],
    });
  });

  test("sorts its parents and names each once", () => {
    const parents = ["b", "a", "b"].map((text) => digestOf(Buffer.from(text)));
    const record = issueCertificate({
      secrets,
      identity: member,
      role: "writer",
      name: "node",
      spaces: null,
      parents,
      timeMs: 1,
    });
    expect(record.body.parents).toEqual([...new Set(parents)].sort());
  });

  test("with a name that no node can have is not issued", () => {
    const request = {
      secrets,
      identity: member,
      role: "writer",
      spaces: null,
      parents: [],
      timeMs: 1,
    } as const;
    expect(codeOf(() => issueCertificate({ ...request, name: "a/b" }))).toBe("INVALID_ARGUMENT");
  });

  test("of another network is refused as that", () => {
    expect(verdict([issue(member, { by: others })])).toBe("WRONG_NETWORK");
  });

  test("that claims our network and is signed by another root is refused", () => {
    const forged = issueCertificate({
      secrets: { ...others, networkId },
      identity: member,
      role: "admin",
      name: "node",
      spaces: null,
      parents: [],
      timeMs: 1,
    });
    expect(verdict([forged])).toBe("CERTIFICATE_INVALID");
    expect(codeOf(() => verifyMembershipRecord(forged, networkId))).toBe("CERTIFICATE_INVALID");
  });

  test("that names our root and is signed by its subject is refused", () => {
    expect(verdict([issuedBy(member, member, null, { issuer: secrets.rootPublicKey })])).toBe(
      "CERTIFICATE_INVALID",
    );
  });

  test("of another node is refused", () => {
    expect(verdict([issue(admin)])).toBe("CERTIFICATE_INVALID");
  });

  test("that its subject issued itself is refused", () => {
    expect(verdict([issuedBy(member, member)])).toBe("CERTIFICATE_INVALID");
    expect(verdict([issuedBy(member, member), issuedBy(member, member)])).toBe("CERTIFICATE_INVALID");
  });

  test("with any bit turned is refused", () => {
    const { bytes } = issue(member);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const code = codeOf(() => {
        const record = decodeMembershipRecord(flipped(bytes, bit));
        verifyCertificate([record], { networkId, subject: member.peerId });
      });
      const refusals = [
        "CERTIFICATE_INVALID",
        "WRONG_NETWORK",
        "INVALID_FORMAT",
        "UNSUPPORTED_VERSION",
        "INVALID_ARGUMENT",
      ];
      expect(refusals, `bit ${bit}`).toContain(code);
    }
  });
});

describe("a chain", () => {
  test("over an admin admits", () => {
    expect(verdict([issuedBy(admin, member), issue(admin, { role: "admin" })])).toBe("nothing");
  });

  test.each(["writer", "reader", "vault"] as const)("over a %s is refused", (role) => {
    expect(verdict([issuedBy(admin, member), issue(admin, { role })])).toBe("CERTIFICATE_INVALID");
  });

  test("is refused without its root, empty, too long, out of order or with a record too many", () => {
    const root = issue(admin, { role: "admin" });
    const record = issuedBy(admin, member);
    expect(verdict([record])).toBe("CERTIFICATE_INVALID");
    expect(verdict([])).toBe("CERTIFICATE_INVALID");
    expect(verdict([root, record], admin)).toBe("CERTIFICATE_INVALID");
    expect(verdict([issue(member), root])).toBe("CERTIFICATE_INVALID");
    const loop = Array.from({ length: 4 }, () => issuedBy(admin, admin));
    expect(verdict([...loop, root], admin)).toBe("CERTIFICATE_INVALID");
  });

  test("with a signature broken in any record is refused", () => {
    const root = issue(admin, { role: "admin" });
    const record = issuedBy(admin, member);
    const broken = (given: MembershipRecord): MembershipRecord => ({
      ...given,
      signature: flipped(given.signature, 5),
    });
    expect(verdict([broken(record), root])).toBe("CERTIFICATE_INVALID");
    expect(verdict([record, broken(root)])).toBe("CERTIFICATE_INVALID");
  });

  test("with a record of another network is refused", () => {
    const root = issue(admin, { role: "admin" });
    const record = issuedBy(admin, member, null, { network: others.networkId });
    expect(verdict([record, root])).toBe("WRONG_NETWORK");
  });

  test.each([
    [[spaceA], [spaceA], "nothing"],
    [[spaceA], [spaceA, spaceB], "nothing"],
    [[spaceA, spaceB], [spaceA], "CERTIFICATE_INVALID"],
    [null, [spaceA], "CERTIFICATE_INVALID"],
    [[spaceA], null, "nothing"],
  ])("that gives %j by an admin of %j: %s", (given, granted, expected) => {
    expect(verdict([issuedBy(admin, member, given), issue(admin, { role: "admin", spaces: granted })])).toBe(
      expected,
    );
  });
});

describe("a record by gossip", () => {
  test("of the root is accepted, of an admin it is not yet", () => {
    expect(codeOf(() => verifyMembershipRecord(issue(member), networkId))).toBe("nothing");
    expect(codeOf(() => verifyMembershipRecord(issuedBy(admin, member), networkId))).toBe(
      "CERTIFICATE_INVALID",
    );
    expect(codeOf(() => verifyMembershipRecord(issue(member), others.networkId))).toBe("WRONG_NETWORK");
  });
});
