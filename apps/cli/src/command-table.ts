import type { CommandEntry } from "./command.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    usage: "init",
    description: "Make a node's folder: a new network, or one more node of yours",
    load: async () => (await import("./commands/init.ts")).initCommand,
  },
  {
    usage: "join [ticket]",
    description: "Join a network by a ticket from one of its nodes, and run the node",
    load: async () => (await import("./commands/join.ts")).joinCommand,
  },
  {
    usage: "up",
    description: "Run the node in this terminal until Ctrl-C; asks what to make where there is none",
    load: async () => (await import("./commands/up.ts")).upCommand,
  },
  {
    usage: "put <file> [key]",
    description: "Store a file, a folder, or standard input (-)",
    load: async () => (await import("./commands/put.ts")).putCommand,
  },
  {
    usage: "get <key>",
    description: "Write a stored file, or all files below a prefix, to disk",
    load: async () => (await import("./commands/get.ts")).getCommand,
  },
  {
    usage: "cat <key..>",
    description: "Write stored files to standard output",
    load: async () => (await import("./commands/cat.ts")).catCommand,
  },
  {
    usage: "ls [prefix]",
    description: "List what is stored",
    load: async () => (await import("./commands/ls.ts")).lsCommand,
  },
  {
    usage: "stat <key>",
    description: "Describe a stored file",
    load: async () => (await import("./commands/stat.ts")).statCommand,
  },
  {
    usage: "rm <key..>",
    description: "Remove stored files",
    load: async () => (await import("./commands/rm.ts")).rmCommand,
  },
  {
    usage: "cp <from> <to>",
    description: "Copy a stored file or folder; nothing is stored twice",
    load: async () => (await import("./commands/cp.ts")).cpCommand,
  },
  {
    usage: "mv <from> <to>",
    description: "Move a stored file or folder to another key",
    load: async () => (await import("./commands/cp.ts")).mvCommand,
  },
  {
    usage: "du [prefix]",
    description: "Show what files take, by folder",
    load: async () => (await import("./commands/du.ts")).duCommand,
  },
  {
    usage: "versions <key>",
    description: "List the versions of a file",
    load: async () => (await import("./commands/versions.ts")).versionsCommand,
  },
  {
    usage: "purge <key>",
    description: "Destroy a file and all that it ever held, on every node",
    load: async () => (await import("./commands/purge.ts")).purgeCommand,
  },
  {
    usage: "restore <key> <version>",
    description: "Make an older version of a file the current one again",
    load: async () => (await import("./commands/restore.ts")).restoreCommand,
  },
  {
    usage: "conflicts [prefix]",
    description: "List files that nodes changed without knowing of one another",
    load: async () => (await import("./commands/conflicts.ts")).conflictsCommand,
  },
  {
    usage: "resolve <key>",
    description: "Settle a conflict in favour of one version",
    load: async () => (await import("./commands/resolve.ts")).resolveCommand,
  },
  {
    usage: "whereis <key>",
    description: "Show which nodes hold a file, and which should",
    load: async () => (await import("./commands/whereis.ts")).whereisCommand,
  },
  {
    usage: "safe [prefix]",
    description: "Show whether all files have their copies, and why not",
    load: async () => (await import("./commands/safe.ts")).safeCommand,
  },
  {
    usage: "plan [prefix]",
    description: "Show what would be lost or short if nodes were gone",
    load: async () => (await import("./commands/plan.ts")).planCommand,
  },
  {
    usage: "policy <action> [prefix]",
    description: "Say how many copies files shall have, and where",
    load: async () => (await import("./commands/policy.ts")).policyCommand,
  },
  {
    usage: "explain <key>",
    description: "Show which policy holds for a file, and why these nodes should have it",
    load: async () => (await import("./commands/explain.ts")).explainCommand,
  },
  {
    usage: "pin <key>",
    description: "Have this node keep a copy of a file, or of all in a folder",
    load: async () => (await import("./commands/pin.ts")).pinCommand,
  },
  {
    usage: "pins",
    description: "List what is pinned on this node",
    load: async () => (await import("./commands/pins.ts")).pinsCommand,
  },
  {
    usage: "drop <key>",
    description: "Unpin a file or folder, and give up this node's copies of it",
    load: async () => (await import("./commands/drop.ts")).dropCommand,
  },
  {
    usage: "invite",
    description: "Make a ticket by which another node joins the network",
    load: async () => (await import("./commands/invite.ts")).inviteCommand,
  },
  {
    usage: "invites [action] [id]",
    description: "List or withdraw the invitations of this node",
    load: async () => (await import("./commands/invites.ts")).invitesCommand,
  },
  {
    usage: "members",
    description: "List who is in the network",
    load: async () => (await import("./commands/members.ts")).membersCommand,
  },
  {
    usage: "member <action> <id> [role]",
    description: "Remove a member, give it another role, or say how much it can hold",
    load: async () => (await import("./commands/member.ts")).memberCommand,
  },
  {
    usage: "drain [node]",
    description: "Empty a node before it leaves: others make copies of all that it holds",
    load: async () => (await import("./commands/drain.ts")).drainCommand,
  },
  {
    usage: "leave",
    description: "Take this node out of its network",
    load: async () => (await import("./commands/leave.ts")).leaveCommand,
  },
  {
    usage: "space <action> [name]",
    description: "Make or list spaces",
    load: async () => (await import("./commands/space.ts")).spaceCommand,
  },
  {
    usage: "share <key>",
    description: "Make a link by which anybody reads one file",
    load: async () => (await import("./commands/share.ts")).shareCommand,
  },
  {
    usage: "shares [action] [id]",
    description: "List or revoke the links of this node",
    load: async () => (await import("./commands/share.ts")).sharesCommand,
  },
  {
    usage: "token <action> [id]",
    description: "Make, list or revoke tokens of the HTTP API",
    load: async () => (await import("./commands/token.ts")).tokenCommand,
  },
  {
    usage: "recovery",
    description: "Show the words that restore the network's root key",
    load: async () => (await import("./commands/recovery.ts")).recoveryCommand,
  },
  {
    usage: "passphrase <action>",
    description: "Put the node's key files under a passphrase, another one, or none",
    load: async () => (await import("./commands/passphrase.ts")).passphraseCommand,
  },
  {
    usage: "status",
    description: "Show how the node is doing",
    load: async () => (await import("./commands/status.ts")).statusCommand,
  },
  {
    usage: "ui",
    description: "Open the node's web page in the browser",
    load: async () => (await import("./commands/ui.ts")).uiCommand,
  },
  {
    usage: "peers",
    description: "List the other nodes of the network",
    load: async () => (await import("./commands/peers.ts")).peersCommand,
  },
  {
    usage: "connect <address>",
    description: "Connect the running node to another one",
    load: async () => (await import("./commands/connect.ts")).connectCommand,
  },
  {
    usage: "ping <member>",
    description: "Measure how long a message to a member and back takes",
    load: async () => (await import("./commands/ping.ts")).pingCommand,
  },
  {
    usage: "bootstrap [action] [address]",
    description: "Show, add or remove addresses that the node stays connected to",
    load: async () => (await import("./commands/bootstrap.ts")).bootstrapCommand,
  },
  {
    usage: "doctor",
    description: "Look for what keeps the node from working, and say what to do",
    load: async () => (await import("./commands/doctor.ts")).doctorCommand,
  },
  {
    usage: "id",
    description: "Show the node's id, name, network and addresses",
    load: async () => (await import("./commands/id.ts")).idCommand,
  },
  {
    usage: "usage",
    description: "Show what this node's disk is used for",
    load: async () => (await import("./commands/usage.ts")).usageCommand,
  },
  {
    usage: "gc",
    description: "Give back the space of what no version has any more",
    load: async () => (await import("./commands/gc.ts")).gcCommand,
  },
  {
    usage: "limit [direction] [rate]",
    description: "Show or set how much of the line file transfers may take",
    load: async () => (await import("./commands/limit.ts")).limitCommand,
  },
  {
    usage: "verify",
    description: "Re-read and check everything that the node has stored",
    load: async () => (await import("./commands/verify.ts")).verifyCommand,
  },
  {
    usage: "repair",
    description: "Re-read everything stored, and mend what is damaged from other nodes",
    load: async () => (await import("./commands/verify.ts")).repairCommand,
  },
];
