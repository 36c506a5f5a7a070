import type { PlacementExplanation, PolicyReport, PolicyStatus } from "@gstore/server";
import type { ExplainAnswer, PolicyRecord, PolicyReportRecord } from "./policy-wire-types.ts";

/** Policies, in the form the HTTP API sends them. */

export function policyRecord({ required, policyClass, isSet, ...rest }: PolicyStatus): PolicyRecord {
  return {
    ...{ ...rest, class: policyClass, set: isSet },
    required: required.map(({ peer, name }) => ({ id: peer, name })),
  };
}

export function policyReportRecord({ policy, ...rest }: PolicyReport): PolicyReportRecord {
  return { ...rest, policy: policyRecord(policy) };
}

export function explainAnswer({ policy, nodes, ...rest }: PlacementExplanation): ExplainAnswer {
  return {
    ...{ ...rest, policy: policyRecord(policy) },
    nodes: nodes.map(({ peer, ...node }) => ({ id: peer, ...node })),
  };
}
