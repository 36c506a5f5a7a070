/** Types of the HTTP API, made from /openapi.json. Not to be edited: `pnpm --filter @gstore/gateway types` writes it. */
export interface paths {
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers while the node does */
        get: operations["isAlive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The node in Prometheus' text format
         * @description Needs the token of a reader or above.
         */
        get: operations["readMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * This document
         * @description Needs the token of a reader or above.
         */
        get: operations["readOpenApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers 503 while the node stops */
        get: operations["isReady"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/s/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads the file that a link shares */
        get: operations["readSharedFile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        /** Describes the file that a link shares */
        head: operations["describeSharedFile"];
        patch?: never;
        trace?: never;
    };
    "/v1/bootstrap": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Addresses that the node stays connected to
         * @description Needs the token of a reader or above.
         */
        get: operations["listBootstrap"];
        put?: never;
        /**
         * Stays connected to an address
         * @description Needs the token of an admin or above.
         */
        post: operations["addBootstrap"];
        /**
         * Stays connected to an address no longer
         * @description Needs the token of an admin or above.
         */
        delete: operations["removeBootstrap"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tells changes as they happen, without an end
         * @description Needs the token of a reader or above.
         */
        get: operations["followChanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/connect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Connects to another node
         * @description Needs the token of an admin or above.
         */
        post: operations["connectTo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/drain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Has others make copies of all that this node holds
         * @description Needs the token of an admin or above.
         */
        post: operations["drainNode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/du": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sums what the files below a prefix take
         * @description Needs the token of a reader or above.
         */
        post: operations["measureFolders"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/failures/{request}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tells once why a download broke off
         * @description Needs the token of a reader or above.
         */
        get: operations["takeFailure"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/gc": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Gives up old history and takes away what no version names any more
         * @description Needs the token of an admin or above.
         */
        post: operations["collectGarbage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/id": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who the node is
         * @description Needs the token of a reader or above.
         */
        get: operations["readId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invites": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Invitations of this node, without their tickets
         * @description Needs the token of an admin or above.
         */
        get: operations["listInvites"];
        put?: never;
        /**
         * Makes an invitation; no later answer has its ticket
         * @description Needs the token of an admin or above.
         */
        post: operations["invite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invites/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Withdraws an invitation
         * @description Needs the token of an admin or above.
         */
        delete: operations["withdrawInvite"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/leave": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Takes this node out of its network
         * @description Needs the token of an admin or above.
         */
        post: operations["leaveNetwork"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Bytes per second of bulk transfers; null for no limit
         * @description Needs the token of a reader or above.
         */
        get: operations["readLimits"];
        /**
         * Changes the limits that it names until the node stops
         * @description Needs the token of an admin or above.
         */
        put: operations["setLimits"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The members, the node itself included
         * @description Needs the token of a reader or above.
         */
        get: operations["listMembers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/members/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Removes a member, named by id or name
         * @description Needs the token of an admin or above.
         */
        delete: operations["removeMember"];
        options?: never;
        head?: never;
        /**
         * Gives a member another role, and states its capacity and zone, and whether it is being emptied
         * @description Needs the token of an admin or above.
         */
        patch: operations["changeMember"];
        trace?: never;
    };
    "/v1/peers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The other members, and the ways to them
         * @description Needs the token of a reader or above.
         */
        get: operations["listPeers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ping": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Measures the round trip to a member
         * @description Needs the token of an admin or above.
         */
        post: operations["pingMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What this node keeps whatever the policies say
         * @description Needs the token of a reader or above.
         */
        get: operations["listPins"];
        /**
         * Keeps the keys that begin with a prefix, or one key
         * @description Needs the token of an admin or above.
         */
        put: operations["pin"];
        post?: never;
        /**
         * Keeps them no longer
         * @description Needs the token of an admin or above.
         */
        delete: operations["unpin"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Counts the copies as they would be without some members
         * @description Needs the token of a reader or above.
         */
        post: operations["planLoss"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/policies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The policies of a space
         * @description Needs the token of a reader or above.
         */
        get: operations["listPolicies"];
        /**
         * Sets the policy of the keys that begin with a prefix
         * @description Needs the token of an admin or above.
         */
        put: operations["setPolicy"];
        post?: never;
        /**
         * Drops a policy
         * @description Needs the token of an admin or above.
         */
        delete: operations["removePolicy"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/safe": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Counts the copies of all versions
         * @description Needs the token of a reader or above.
         */
        post: operations["countCopies"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The session that the request comes with
         * @description Needs the token of a reader or above.
         */
        get: operations["readSession"];
        put?: never;
        /** Trades a code for the cookie of a session and its key */
        post: operations["openSession"];
        /**
         * Ends the session, and what runs by it
         * @description Needs the token of a reader or above.
         */
        delete: operations["endSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Makes a code by which one browser signs in to the page, once
         * @description Needs the token of an admin or above.
         */
        post: operations["createSessionCode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shares": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Links that share a file, without their secrets
         * @description Needs the token of an admin or above.
         */
        get: operations["listShares"];
        put?: never;
        /**
         * Makes a link by which anybody reads one file
         * @description Needs the token of an admin or above.
         */
        post: operations["createShare"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shares/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Withdraws a link
         * @description Needs the token of an admin or above.
         */
        delete: operations["revokeShare"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The spaces that this node can read
         * @description Needs the token of a reader or above.
         */
        get: operations["listSpaces"];
        put?: never;
        /**
         * Makes a space with keys of its own
         * @description Needs the token of an admin or above.
         */
        post: operations["createSpace"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/archive": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Reads the files below a prefix as one zip or tar
         * @description Needs the token of a reader or above.
         */
        get: operations["readArchive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/conflicts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists files in conflict
         * @description Needs the token of a reader or above.
         */
        get: operations["listConflicts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/copies/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tells which members hold a version of a file
         * @description Needs the token of a reader or above.
         */
        get: operations["findCopies"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/copy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Puts what a key holds under another key too, rewriting no data
         * @description Needs the token of a writer or above.
         */
        post: operations["copyFile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists files whose keys begin with a prefix, page by page
         * @description Needs the token of a reader or above.
         */
        get: operations["listFiles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/keys/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Reads a file, or ranges of it
         * @description Needs the token of a reader or above.
         */
        get: operations["readFile"];
        /**
         * Stores a file; user metadata goes in `x-gstore-meta-NAME`, percent-encoded
         * @description Needs the token of a writer or above.
         */
        put: operations["storeFile"];
        post?: never;
        /**
         * Removes a file, with `history=true` its old versions too
         * @description Needs the token of a writer or above.
         */
        delete: operations["removeFile"];
        options?: never;
        /**
         * Describes a file
         * @description Needs the token of a reader or above.
         */
        head: operations["describeFile"];
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/move": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Puts what a key holds under another key instead, rewriting no data
         * @description Needs the token of a writer or above.
         */
        post: operations["moveFile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/placement/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tells which members should hold a file, and why
         * @description Needs the token of a reader or above.
         */
        get: operations["explainPlacement"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/recent": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists what was written last, or with `removed=true` the files that were removed last
         * @description Needs the token of a reader or above.
         */
        get: operations["listRecent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{space}/versions/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the versions of a file, newest first
         * @description Needs the token of a reader or above.
         */
        get: operations["listVersions"];
        put?: never;
        /**
         * Makes a new version of an old one, or settles a conflict
         * @description Needs the token of a writer or above.
         */
        post: operations["restoreVersion"];
        /**
         * Removes a file and destroys all that it ever held, on every node
         * @description Needs the token of an admin or above.
         */
        delete: operations["purgeFile"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the node is, holds and does
         * @description Needs the token of a reader or above.
         */
        get: operations["readStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The tokens of the port, without their secrets
         * @description Needs the token of an admin or above.
         */
        get: operations["listTokens"];
        put?: never;
        /**
         * Makes a token; no later answer has its secret
         * @description Needs the token of an admin or above.
         */
        post: operations["createToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revokes a token, and cuts off what runs by it
         * @description Needs the token of an admin or above.
         */
        delete: operations["revokeToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begins a file that comes in pieces, and may take the first
         * @description Needs the token of a writer or above.
         */
        post: operations["createUpload"];
        delete?: never;
        /**
         * What of the tus protocol there is
         * @description Needs the token of a writer or above.
         */
        options: operations["describeUploads"];
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How much of an upload has come
         * @description Needs the token of a writer or above.
         */
        get: operations["readUpload"];
        put?: never;
        /**
         * The same, or giving up, for clients that have no such methods
         * @description Needs the token of a writer or above.
         */
        post: operations["overrideUpload"];
        /**
         * Gives up an upload
         * @description Needs the token of a writer or above.
         */
        delete: operations["giveUpUpload"];
        options?: never;
        /**
         * Where an upload goes on
         * @description Needs the token of a writer or above.
         */
        head: operations["findOffset"];
        /**
         * Takes the next bytes of a file
         * @description Needs the token of a writer or above.
         */
        patch: operations["appendToUpload"];
        trace?: never;
    };
    "/v1/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What this node's store is used for
         * @description Needs the token of a reader or above.
         */
        post: operations["measureStore"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Re-reads and checks everything stored; mends it with `repair=true`
         * @description Needs the token of an admin or above.
         */
        post: operations["verifyStore"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Error: {
            code: string;
            message: string;
            retryable: boolean;
            fields: {
                [key: string]: string | number;
            };
        };
        NodeRef: {
            id: string;
            name: string;
        };
        Counted: {
            versions: number;
            bytes: number;
        };
        CopyCounts: {
            all: components["schemas"]["Counted"];
            belowCopies: components["schemas"]["Counted"];
            belowMin: components["schemas"]["Counted"];
            single: components["schemas"]["Counted"];
            none: components["schemas"]["Counted"];
            mayLose: number | null;
        };
        Listing: {
            items: {
                /** @enum {string} */
                kind: "file" | "folder";
                key: string;
                version?: string;
                size?: number;
                digest?: string;
                contentType?: string | null;
                stored?: string;
                modified?: string | null;
                mode?: string | null;
                author?: components["schemas"]["NodeRef"];
                metadata?: {
                    [key: string]: string;
                };
            }[];
            next: string | null;
        };
        Versions: {
            items: {
                key: string;
                version: string;
                /** @enum {string} */
                op: "put" | "remove";
                /** @enum {string} */
                state: "current" | "conflict" | "superseded" | "quarantined" | "unreadable" | "purged";
                stored: string;
                author: components["schemas"]["NodeRef"];
                size: number | null;
                digest: string | null;
                here: boolean;
            }[];
            next: string | null;
        };
        Conflicts: {
            items: {
                key: string;
                versions: {
                    key: string;
                    version: string;
                    /** @enum {string} */
                    op: "put" | "remove";
                    /** @enum {string} */
                    state: "current" | "conflict" | "superseded" | "quarantined" | "unreadable" | "purged";
                    stored: string;
                    author: components["schemas"]["NodeRef"];
                    size: number | null;
                    digest: string | null;
                    here: boolean;
                }[];
            }[];
            next: string | null;
        };
        Recent: {
            items: {
                key: string;
                version: string;
                /** @enum {string} */
                op: "put" | "remove";
                /** @enum {string} */
                state: "current" | "conflict" | "superseded" | "quarantined" | "unreadable" | "purged";
                stored: string;
                author: components["schemas"]["NodeRef"];
                size: number | null;
                digest: string | null;
                here: boolean;
                lastFile: {
                    key: string;
                    version: string;
                    /** @enum {string} */
                    op: "put" | "remove";
                    /** @enum {string} */
                    state: "current" | "conflict" | "superseded" | "quarantined" | "unreadable" | "purged";
                    stored: string;
                    author: components["schemas"]["NodeRef"];
                    size: number | null;
                    digest: string | null;
                    here: boolean;
                } | null;
            }[];
            next: string | null;
        };
        Stored: {
            key: string;
            version: string;
            digest: string;
            size: number;
            copies: number;
            wanted: number;
            holders: components["schemas"]["NodeRef"][];
            storedBytes: number;
        };
        Restored: {
            /** @enum {string} */
            op: "put" | "remove";
            key: string;
            version: string;
            digest?: string;
            size?: number;
            copies?: number;
            wanted?: number;
            holders?: components["schemas"]["NodeRef"][];
            storedBytes?: number;
        };
        Removed: {
            key: string;
            version: string;
        };
        Upload: {
            id: string;
            space: string;
            key: string;
            length: number;
            offset: number;
            expires: string;
            version: string | null;
        };
        Purged: {
            key: string;
            version: string;
            versions: number;
            oldVersions: number;
            members: {
                id: string;
                name: string;
                /** @enum {string} */
                state: "destroyed" | "pending" | "away";
            }[];
        };
        Copies: {
            key: string;
            version: string;
            size: number;
            copies: number;
            wanted: number;
            min: number;
            members: {
                id: string;
                name: string;
                /** @enum {string} */
                state: "holds" | "lacks" | "full" | "silent" | "away" | "excluded";
                /** @enum {string|null} */
                proof: "here" | "connected" | "receipt" | null;
                placed: boolean;
                lastSeen: string | null;
            }[];
        };
        Placement: {
            key: string;
            version: string;
            /** @enum {string} */
            by: "copies" | "policy" | "default";
            policy: components["schemas"]["Policy"];
            nodes: {
                id: string;
                name: string;
                shouldHold: boolean;
                required: boolean;
                capacityBytes: number | null;
                zone: string | null;
                full: boolean;
            }[];
        };
        Policy: {
            space: string;
            prefix: string | null;
            class: number;
            set: boolean;
            copies: number;
            min: number;
            zones: number;
            required: components["schemas"]["NodeRef"][];
            historyMs: number;
        };
        Policies: {
            policies: components["schemas"]["Policy"][];
        };
        Identity: {
            id: string;
            name: string;
            network: string;
            addresses: string[];
        };
        Status: {
            id: string;
            name: string;
            network: string;
            addresses: string[];
            role: string;
            version: string;
            started: string;
            members: number;
            connected: number;
            draining: components["schemas"]["NodeRef"][];
            keys: number;
            conflicts: number;
            entries: number;
            blobs: number;
            blobBytes: number;
            diskUsedBytes: number;
            diskFreeBytes: number;
            catchingUp: number;
            noRoom: number;
            full: boolean;
            safety: {
                checked: string;
                current: components["schemas"]["CopyCounts"];
            } | null;
            clock: {
                /** @enum {string|null} */
                historyPaused: "clock set" | "clocks apart" | null;
                apart: {
                    id: string;
                    name: string;
                    aheadMs: number;
                }[];
            };
            scrub: {
                periodMs: number;
                lastEnded: string | null;
                progress: {
                    bytes: number;
                    bytesTotal: number;
                } | null;
                damagedFound: number;
                repaired: number;
                unrepaired: number;
                unrepairedFiles: {
                    space: string;
                    key: string;
                }[];
            };
            repair: {
                lastWalk: string | null;
                walking: boolean;
                short: number;
                belowMin: number;
                queued: number;
                running: number;
                copiesMade: number;
                bytesGiven: number;
                failed: number;
                surplusDropped: number;
                audits: {
                    proved: number;
                    failed: number;
                    unanswered: number;
                    last: string | null;
                    failures: {
                        id: string;
                        name: string;
                        version: string;
                        /** @enum {string} */
                        reason: "missing" | "wrong";
                        at: string;
                    }[];
                };
            };
            discovery: {
                addressesKnown: number;
                refusedRecords: {
                    malformed: number;
                    foreign: number;
                    outdated: number;
                    stranger: number;
                    forged: number;
                };
                reach: {
                    /** @enum {string} */
                    reached: "unknown" | "yes" | "no";
                    relays: components["schemas"]["NodeRef"][];
                    places: number;
                    relayed: number;
                    refused: number;
                    punchesTried: number;
                    punchesMade: number;
                    turnedAway: number;
                    forwardedPort: number | null;
                };
                holders: {
                    versions: number;
                    told: number;
                    lookups: number;
                    found: number;
                    refuted: number;
                };
                dht: {
                    members: number;
                    holderRecords: number;
                    lookups: number;
                    found: number;
                    asked: number;
                    answered: number;
                    refused: {
                        record: number;
                        stranger: number;
                        surplus: number;
                        unreachable: number;
                        address: number;
                    };
                } | null;
            };
        };
        Peers: {
            peers: {
                id: string;
                name: string;
                role: string;
                connected: boolean;
                incompatible: string | null;
                version: string | null;
                address: string | null;
                direction: string | null;
                punched: boolean | null;
                since: string | null;
                foundBy: string | null;
                relay: components["schemas"]["NodeRef"] | null;
                roundTripMs: number | null;
                bytesSent: number | null;
                bytesReceived: number | null;
                sentPerSecond: number | null;
                receivedPerSecond: number | null;
            }[];
        };
        Pong: {
            id: string;
            name: string;
            roundTripMs: number;
            address: string;
        };
        Bootstrap: {
            bootstrap: {
                address: string;
                connectedTo: components["schemas"]["NodeRef"] | null;
            }[];
        };
        Member: {
            id: string;
            name: string;
            role: string;
            spaces: string[] | null;
            self: boolean;
            admitted: string;
            connected: boolean;
            lastSeen: string | null;
            address: string | null;
            capacityBytes: number | null;
            zone: string | null;
            full: boolean;
            draining: boolean;
        };
        Members: {
            members: components["schemas"]["Member"][];
        };
        Invites: {
            invites: {
                id: string;
                role: string;
                spaces: string[] | null;
                expires: string | null;
                uses: number;
                usesLeft: number;
                created: string;
            }[];
        };
        IssuedInvite: {
            id: string;
            role: string;
            spaces: string[] | null;
            expires: string | null;
            uses: number;
            usesLeft: number;
            created: string;
            ticket: string;
        };
        Space: {
            id: string;
            name: string;
            keys: number;
        };
        Change: {
            space: string;
            key: string;
            version: string;
            /** @enum {string} */
            op: "put" | "remove";
            author: string;
        };
        GcLine: {
            /** @constant */
            type: "progress";
            /** @enum {string} */
            step: "marking" | "sweeping";
            done: number;
            total: number;
        } | {
            /** @constant */
            type: "report";
            dryRun: boolean;
            expired: number;
            /** @enum {string|null} */
            historyPaused: "clock set" | "clocks apart" | null;
            entries: number;
            blobs: number;
            bytes: number;
            leased: number;
            unreadable: {
                version: string | null;
                code: string;
            }[];
        } | {
            /** @constant */
            type: "error";
            code: string;
            message: string;
            retryable: boolean;
            fields: {
                [key: string]: string | number;
            };
        };
        VerifyLine: {
            /** @constant */
            type: "progress";
            blobs: number;
            bytes: number;
        } | {
            /** @constant */
            type: "report";
            blobs: number;
            bytes: number;
            damaged: {
                digest: string;
                reason: string;
            }[];
            damagedEntries: string[];
            damagedRecords: number;
            damagedSpans: {
                path: string;
                offset: number;
                bytes: number;
            }[];
            files: {
                space: string;
                key: string;
                version: string;
                repaired: boolean;
            }[];
            moreFiles: boolean;
            repair: {
                blobs: number;
                entries: number;
                records: number;
                unrepairedBlobs: string[];
                unrepairedEntries: string[];
            } | null;
        } | {
            /** @constant */
            type: "error";
            code: string;
            message: string;
            retryable: boolean;
            fields: {
                [key: string]: string | number;
            };
        };
        SafeLine: {
            /** @constant */
            type: "progress";
            keys: number;
            keysTotal: number | null;
        } | {
            /** @constant */
            type: "short";
            version: string;
            space: string | null;
            key: string | null;
            current: boolean;
            bytes: number;
            copies: number;
            wanted: number;
            min: number;
            holders: components["schemas"]["NodeRef"][];
        } | {
            /** @constant */
            type: "report";
            checked: string;
            current: components["schemas"]["CopyCounts"];
            older: components["schemas"]["CopyCounts"];
            members: {
                id: string;
                name: string;
                /** @enum {string} */
                state: "lacks" | "full" | "silent" | "away";
                lastSeen: string | null;
                lacking: components["schemas"]["Counted"];
            }[];
            worst: {
                version: string;
                space: string | null;
                key: string | null;
                current: boolean;
                bytes: number;
                copies: number;
                wanted: number;
                min: number;
                holders: components["schemas"]["NodeRef"][];
            }[];
            unasked: number;
        } | {
            /** @constant */
            type: "error";
            code: string;
            message: string;
            retryable: boolean;
            fields: {
                [key: string]: string | number;
            };
        };
        PlanLine: {
            /** @constant */
            type: "progress";
            keys: number;
            keysTotal: number | null;
        } | {
            /** @constant */
            type: "report";
            checked: string;
            without: components["schemas"]["NodeRef"][];
            current: {
                before: components["schemas"]["CopyCounts"];
                after: components["schemas"]["CopyCounts"];
                lost: components["schemas"]["Counted"];
            };
            older: {
                before: components["schemas"]["CopyCounts"];
                after: components["schemas"]["CopyCounts"];
                lost: components["schemas"]["Counted"];
            };
            members: {
                id: string;
                name: string;
                fetching: components["schemas"]["Counted"];
            }[];
            fewerWanted: components["schemas"]["Counted"];
            worst: {
                version: string;
                space: string | null;
                key: string | null;
                current: boolean;
                bytes: number;
                copies: number;
                wanted: number;
                min: number;
                holders: components["schemas"]["NodeRef"][];
            }[];
            unasked: number;
        } | {
            /** @constant */
            type: "error";
            code: string;
            message: string;
            retryable: boolean;
            fields: {
                [key: string]: string | number;
            };
        };
        DrainLine: {
            /** @constant */
            type: "progress";
            versions: number;
            versionsTotal: number;
            bytes: number;
        } | {
            /** @constant */
            type: "report";
            id: string;
            name: string;
            held: components["schemas"]["Counted"];
            handedOver: components["schemas"]["Counted"];
            short: components["schemas"]["Counted"];
            shortKeys: {
                space: string;
                key: string;
            }[];
        } | {
            /** @constant */
            type: "error";
            code: string;
            message: string;
            retryable: boolean;
            fields: {
                [key: string]: string | number;
            };
        };
        LeaveLine: {
            /** @constant */
            type: "progress";
            /** @constant */
            stage: "checking";
            versions: number;
            versionsTotal: number;
        } | {
            /** @constant */
            type: "progress";
            /** @constant */
            stage: "handing over";
            versions: number;
            versionsTotal: number;
            bytes: number;
            bytesTotal: number;
        } | {
            /** @constant */
            type: "report";
            id: string;
            name: string;
            handedOver: {
                files: number;
                older: number;
                removals: number;
                bytes: number;
            };
            onlyHere: {
                files: number;
                older: number;
                removals: number;
                bytes: number;
                keys: {
                    space: string;
                    key: string;
                }[];
            };
            kept: {
                files: number;
                older: number;
                removals: number;
                bytes: number;
            };
        } | {
            /** @constant */
            type: "error";
            code: string;
            message: string;
            retryable: boolean;
            fields: {
                [key: string]: string | number;
            };
        };
        PinLine: {
            /** @constant */
            type: "progress";
            keys: number;
            keysTotal: number | null;
        } | {
            /** @constant */
            type: "report";
            pin: {
                space: string | null;
                prefix: string | null;
                key: boolean;
            };
            all: components["schemas"]["Counted"];
            fetched: components["schemas"]["Counted"];
            missing: components["schemas"]["Counted"];
            missingKeys: string[];
        } | {
            /** @constant */
            type: "error";
            code: string;
            message: string;
            retryable: boolean;
            fields: {
                [key: string]: string | number;
            };
        };
        DropLine: {
            /** @constant */
            type: "progress";
            keys: number;
            keysTotal: number | null;
        } | {
            /** @constant */
            type: "report";
            unpinned: {
                space: string | null;
                prefix: string | null;
                key: boolean;
            }[];
            dropped: components["schemas"]["Counted"];
            placed: components["schemas"]["Counted"];
            pinned: components["schemas"]["Counted"];
            needed: components["schemas"]["Counted"];
        } | {
            /** @constant */
            type: "error";
            code: string;
            message: string;
            retryable: boolean;
            fields: {
                [key: string]: string | number;
            };
        };
        PolicyLine: {
            /** @constant */
            type: "progress";
            keys: number;
            reclassified: number;
        } | {
            /** @constant */
            type: "report";
            keys: number;
            reclassified: number;
            policy: components["schemas"]["Policy"];
            left: number;
            notes: string[];
        } | {
            /** @constant */
            type: "error";
            code: string;
            message: string;
            retryable: boolean;
            fields: {
                [key: string]: string | number;
            };
        };
        UsageLine: {
            /** @constant */
            type: "progress";
            done: number;
            total: number;
        } | {
            /** @constant */
            type: "report";
            checked: string;
            stored: {
                blobs: number;
                bytes: number;
            };
            garbage: {
                blobs: number;
                bytes: number;
            };
            entries: number;
            disk: {
                usedBytes: number;
                indexBytes: number;
                freeBytes: number;
            };
            spaces: {
                id: string;
                name: string | null;
                live: components["schemas"]["Counted"];
                history: components["schemas"]["Counted"];
            }[];
            members: {
                id: string;
                name: string;
                capacityBytes: number | null;
            }[];
        } | {
            /** @constant */
            type: "error";
            code: string;
            message: string;
            retryable: boolean;
            fields: {
                [key: string]: string | number;
            };
        };
        FolderUsageLine: {
            /** @constant */
            type: "progress";
            keys: number;
            keysTotal: number | null;
        } | {
            /** @constant */
            type: "folder";
            prefix: string;
            files: number;
            bytes: number;
            storedBytes: number;
            olderVersions: number;
            olderBytes: number;
        } | {
            /** @constant */
            type: "report";
            prefix: string;
            files: number;
            bytes: number;
            storedBytes: number;
            olderVersions: number;
            olderBytes: number;
        } | {
            /** @constant */
            type: "error";
            code: string;
            message: string;
            retryable: boolean;
            fields: {
                [key: string]: string | number;
            };
        };
    };
    responses: {
        /** @description The request can't be read, or contradicts itself. */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description There is no token that holds. `WWW-Authenticate: Bearer` comes with it. */
        Unauthorized: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description The token does not hold for this, or the node may not do it. */
        Forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description There is no such file, version or space. */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description The client takes no answer of the type that there is. */
        NotAcceptable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description What there is stands in the way. */
        Conflict: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description The version has expired or was purged. */
        Gone: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description A condition of the request does not hold. */
        PreconditionFailed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description The body is larger than may be. */
        TooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description The body is of another type than this takes. */
        UnsupportedType: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description All of the ranges lie outside of the file; `Content-Range: bytes *\/SIZE`. */
        RangeNotSatisfiable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description The token asks too often. `Retry-After` says for how many seconds to wait. */
        TooManyRequests: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description The bytes that came have another checksum. None of them was taken. */
        ChecksumMismatch: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description A fault of the node's; its log says more. */
        Fault: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description Another node could not be reached, or failed. */
        PeerFailed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description The node stops, is busy, or nobody who holds the file can be reached. */
        Unavailable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description It took too long; a file is stored here, and replication goes on. */
        TimedOut: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description There is no room. */
        Full: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    isAlive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "ok";
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    readMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Metrics without labels. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    readOpenApi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A document of OpenAPI 3.1. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    isReady: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "ready";
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    readSharedFile: {
        parameters: {
            query?: never;
            header?: {
                /** @description One range of bytes or several: `bytes=0-99`, `bytes=100-`, `bytes=-100`. */
                Range?: string;
                /** @description The ranges count only if the file still has this entity tag. */
                "If-Range"?: string;
                /** @description 412 unless the file has one of these entity tags. */
                "If-Match"?: string;
                /** @description 304 if the file has one of these entity tags. */
                "If-None-Match"?: string;
                /** @description A name by which `/v1/failures/{request}` tells why the answer broke off. */
                "x-request-id"?: string;
            };
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file, of whatever media type it was stored with. User metadata comes as `x-gstore-meta-NAME`, percent-encoded. */
            200: {
                headers: {
                    /** @description The version, in quotes. */
                    ETag?: string;
                    /** @description When this version was stored, to the second. */
                    "Last-Modified"?: string;
                    /** @description `bytes` */
                    "Accept-Ranges"?: string;
                    /** @description An answer that ends before so many bytes is broken, not short. */
                    "Content-Length"?: string;
                    /** @description The key, percent-encoded. */
                    "x-gstore-key"?: string;
                    /** @description Bytes of the whole file. */
                    "x-gstore-size"?: string;
                    /** @description BLAKE3 of the whole file: `1e20` and 64 digits. */
                    "x-gstore-digest"?: string;
                    /** @description The media type as it was given, percent-encoded. */
                    "x-gstore-content-type"?: string;
                    /** @description When this version was stored, by its author's clock. */
                    "x-gstore-stored"?: string;
                    /** @description Id of the node that stored it. */
                    "x-gstore-author"?: string;
                    /** @description Its name, percent-encoded. */
                    "x-gstore-author-name"?: string;
                    /** @description The file's own modification time. */
                    "x-gstore-modified"?: string;
                    /** @description Permission bits in octal. */
                    "x-gstore-mode"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description The range asked for; several as `multipart/byteranges`. */
            206: {
                headers: {
                    /** @description The version, in quotes. */
                    ETag?: string;
                    /** @description When this version was stored, to the second. */
                    "Last-Modified"?: string;
                    /** @description `bytes` */
                    "Accept-Ranges"?: string;
                    /** @description An answer that ends before so many bytes is broken, not short. */
                    "Content-Length"?: string;
                    /** @description The key, percent-encoded. */
                    "x-gstore-key"?: string;
                    /** @description Bytes of the whole file. */
                    "x-gstore-size"?: string;
                    /** @description BLAKE3 of the whole file: `1e20` and 64 digits. */
                    "x-gstore-digest"?: string;
                    /** @description The media type as it was given, percent-encoded. */
                    "x-gstore-content-type"?: string;
                    /** @description When this version was stored, by its author's clock. */
                    "x-gstore-stored"?: string;
                    /** @description Id of the node that stored it. */
                    "x-gstore-author"?: string;
                    /** @description Its name, percent-encoded. */
                    "x-gstore-author-name"?: string;
                    /** @description The file's own modification time. */
                    "x-gstore-modified"?: string;
                    /** @description Permission bits in octal. */
                    "x-gstore-mode"?: string;
                    /** @description Of one range: `bytes 0-99/1234`. */
                    "Content-Range"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                    "multipart/byteranges": string;
                };
            };
            /** @description The entity tag is still that one. */
            304: {
                headers: {
                    /** @description The version, in quotes. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            412: components["responses"]["PreconditionFailed"];
            416: components["responses"]["RangeNotSatisfiable"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            502: components["responses"]["PeerFailed"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["TimedOut"];
        };
    };
    describeSharedFile: {
        parameters: {
            query?: never;
            header?: {
                /** @description One range of bytes or several: `bytes=0-99`, `bytes=100-`, `bytes=-100`. */
                Range?: string;
                /** @description The ranges count only if the file still has this entity tag. */
                "If-Range"?: string;
                /** @description 412 unless the file has one of these entity tags. */
                "If-Match"?: string;
                /** @description 304 if the file has one of these entity tags. */
                "If-None-Match"?: string;
                /** @description A name by which `/v1/failures/{request}` tells why the answer broke off. */
                "x-request-id"?: string;
            };
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file without its bytes. User metadata comes as `x-gstore-meta-NAME`, percent-encoded. */
            200: {
                headers: {
                    /** @description The version, in quotes. */
                    ETag?: string;
                    /** @description When this version was stored, to the second. */
                    "Last-Modified"?: string;
                    /** @description `bytes` */
                    "Accept-Ranges"?: string;
                    /** @description An answer that ends before so many bytes is broken, not short. */
                    "Content-Length"?: string;
                    /** @description The key, percent-encoded. */
                    "x-gstore-key"?: string;
                    /** @description Bytes of the whole file. */
                    "x-gstore-size"?: string;
                    /** @description BLAKE3 of the whole file: `1e20` and 64 digits. */
                    "x-gstore-digest"?: string;
                    /** @description The media type as it was given, percent-encoded. */
                    "x-gstore-content-type"?: string;
                    /** @description When this version was stored, by its author's clock. */
                    "x-gstore-stored"?: string;
                    /** @description Id of the node that stored it. */
                    "x-gstore-author"?: string;
                    /** @description Its name, percent-encoded. */
                    "x-gstore-author-name"?: string;
                    /** @description The file's own modification time. */
                    "x-gstore-modified"?: string;
                    /** @description Permission bits in octal. */
                    "x-gstore-mode"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The entity tag is still that one. */
            304: {
                headers: {
                    /** @description The version, in quotes. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            412: components["responses"]["PreconditionFailed"];
            416: components["responses"]["RangeNotSatisfiable"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            502: components["responses"]["PeerFailed"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["TimedOut"];
        };
    };
    listBootstrap: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Bootstrap"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    addBootstrap: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    address: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Bootstrap"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    removeBootstrap: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    address: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Bootstrap"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    followChanges: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events `change`; the data of each is a Change as JSON. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            406: components["responses"]["NotAcceptable"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    connectTo: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    address: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NodeRef"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            502: components["responses"]["PeerFailed"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["TimedOut"];
        };
    };
    drainNode: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One JSON object a line, the last one being the report or an error. The schema is of a line. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["DrainLine"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    measureFolders: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    space?: string;
                    prefix?: string;
                    depth?: number;
                };
            };
        };
        responses: {
            /** @description One JSON object a line, the last one being the report or an error. The schema is of a line. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["FolderUsageLine"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    takeFailure: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: components["schemas"]["Error"] | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    collectGarbage: {
        parameters: {
            query?: {
                dryRun?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One JSON object a line, the last one being the report or an error. The schema is of a line. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["GcLine"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    readId: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Identity"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    listInvites: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invites"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    invite: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    role?: string;
                    spaces?: string[];
                    lifetime?: string;
                    uses?: number;
                    addresses?: string[];
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedInvite"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    withdrawInvite: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    leaveNetwork: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    force?: boolean;
                };
            };
        };
        responses: {
            /** @description One JSON object a line, the last one being the report or an error. The schema is of a line. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["LeaveLine"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    readLimits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        up: number | null;
                        down: number | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    setLimits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    up?: number | null;
                    down?: number | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        up: number | null;
                        down: number | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    listMembers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Members"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    removeMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NodeRef"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    changeMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    role?: string;
                    capacityBytes?: number | null;
                    zone?: string | null;
                    draining?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    listPeers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Peers"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    pingMember: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    member: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pong"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            502: components["responses"]["PeerFailed"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["TimedOut"];
        };
    };
    listPins: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        pins: {
                            space: string | null;
                            prefix: string | null;
                            key: boolean;
                        }[];
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    pin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    space?: string;
                    prefix: string;
                };
            };
        };
        responses: {
            /** @description One JSON object a line, the last one being the report or an error. The schema is of a line. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["PinLine"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    unpin: {
        parameters: {
            query: {
                space?: string;
                prefix: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One JSON object a line, the last one being the report or an error. The schema is of a line. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["DropLine"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    planLoss: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    space?: string;
                    prefix?: string;
                    without: string[];
                };
            };
        };
        responses: {
            /** @description One JSON object a line, the last one being the report or an error. The schema is of a line. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["PlanLine"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    listPolicies: {
        parameters: {
            query?: {
                space?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Policies"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    setPolicy: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    space?: string;
                    prefix: string;
                    copies?: number;
                    min?: number;
                    zones?: number;
                    require?: string[];
                    history?: string;
                };
            };
        };
        responses: {
            /** @description One JSON object a line, the last one being the report or an error. The schema is of a line. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["PolicyLine"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    removePolicy: {
        parameters: {
            query: {
                space?: string;
                prefix: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One JSON object a line, the last one being the report or an error. The schema is of a line. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["PolicyLine"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    countCopies: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    space?: string;
                    prefix?: string;
                    all?: boolean;
                };
            };
        };
        responses: {
            /** @description One JSON object a line, the last one being the report or an error. The schema is of a line. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["SafeLine"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    readSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        role: string;
                        expires: string;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    openSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    code: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        role: string;
                        expires: string;
                        key: string;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    endSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    createSessionCode: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    role?: "reader" | "writer" | "admin";
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                        role: string;
                        expires: string;
                        url: string;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    listShares: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        shares: {
                            id: string;
                            space: string;
                            key: string;
                            created: string;
                            expires: string | null;
                        }[];
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    createShare: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    space?: string;
                    key: string;
                    lifetime?: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        space: string;
                        key: string;
                        created: string;
                        expires: string | null;
                        url: string;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    revokeShare: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    listSpaces: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        spaces: components["schemas"]["Space"][];
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    createSpace: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Space"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    readArchive: {
        parameters: {
            query?: {
                prefix?: string;
                format?: "zip" | "tar";
            };
            header?: never;
            path: {
                /** @description Name of the space; every network has `main`. */
                space: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It breaks off, and never ends short, where a file can't be read. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zip": string;
                    "application/x-tar": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["TooLarge"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    listConflicts: {
        parameters: {
            query?: {
                prefix?: string;
                after?: string;
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Name of the space; every network has `main`. */
                space: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conflicts"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    findCopies: {
        parameters: {
            query?: {
                version?: string;
            };
            header?: never;
            path: {
                /** @description Name of the space; every network has `main`. */
                space: string;
                /** @description The key: UTF-8, percent-encoded. Slashes may stand as they are, or be encoded as %2F as this document has clients do. */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Copies"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    copyFile: {
        parameters: {
            query?: {
                wait?: "local" | "min" | "all";
                timeout?: string;
            };
            header?: {
                /** @description 412 unless the key holds the version of this entity tag. */
                "If-Match"?: string;
                /** @description `*`: 412 if the key is there. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Name of the space; every network has `main`. */
                space: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    from: string;
                    to: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stored"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["TimedOut"];
            507: components["responses"]["Full"];
        };
    };
    listFiles: {
        parameters: {
            query?: {
                prefix?: string;
                delimiter?: string;
                after?: string;
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Name of the space; every network has `main`. */
                space: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listing"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    readFile: {
        parameters: {
            query?: {
                version?: string;
                at?: string;
            };
            header?: {
                /** @description One range of bytes or several: `bytes=0-99`, `bytes=100-`, `bytes=-100`. */
                Range?: string;
                /** @description The ranges count only if the file still has this entity tag. */
                "If-Range"?: string;
                /** @description 412 unless the file has one of these entity tags. */
                "If-Match"?: string;
                /** @description 304 if the file has one of these entity tags. */
                "If-None-Match"?: string;
                /** @description A name by which `/v1/failures/{request}` tells why the answer broke off. */
                "x-request-id"?: string;
            };
            path: {
                /** @description Name of the space; every network has `main`. */
                space: string;
                /** @description The key: UTF-8, percent-encoded. Slashes may stand as they are, or be encoded as %2F as this document has clients do. */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file, of whatever media type it was stored with. User metadata comes as `x-gstore-meta-NAME`, percent-encoded. */
            200: {
                headers: {
                    /** @description The version, in quotes. */
                    ETag?: string;
                    /** @description When this version was stored, to the second. */
                    "Last-Modified"?: string;
                    /** @description `bytes` */
                    "Accept-Ranges"?: string;
                    /** @description An answer that ends before so many bytes is broken, not short. */
                    "Content-Length"?: string;
                    /** @description The key, percent-encoded. */
                    "x-gstore-key"?: string;
                    /** @description Bytes of the whole file. */
                    "x-gstore-size"?: string;
                    /** @description BLAKE3 of the whole file: `1e20` and 64 digits. */
                    "x-gstore-digest"?: string;
                    /** @description The media type as it was given, percent-encoded. */
                    "x-gstore-content-type"?: string;
                    /** @description When this version was stored, by its author's clock. */
                    "x-gstore-stored"?: string;
                    /** @description Id of the node that stored it. */
                    "x-gstore-author"?: string;
                    /** @description Its name, percent-encoded. */
                    "x-gstore-author-name"?: string;
                    /** @description The file's own modification time. */
                    "x-gstore-modified"?: string;
                    /** @description Permission bits in octal. */
                    "x-gstore-mode"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description The range asked for; several as `multipart/byteranges`. */
            206: {
                headers: {
                    /** @description The version, in quotes. */
                    ETag?: string;
                    /** @description When this version was stored, to the second. */
                    "Last-Modified"?: string;
                    /** @description `bytes` */
                    "Accept-Ranges"?: string;
                    /** @description An answer that ends before so many bytes is broken, not short. */
                    "Content-Length"?: string;
                    /** @description The key, percent-encoded. */
                    "x-gstore-key"?: string;
                    /** @description Bytes of the whole file. */
                    "x-gstore-size"?: string;
                    /** @description BLAKE3 of the whole file: `1e20` and 64 digits. */
                    "x-gstore-digest"?: string;
                    /** @description The media type as it was given, percent-encoded. */
                    "x-gstore-content-type"?: string;
                    /** @description When this version was stored, by its author's clock. */
                    "x-gstore-stored"?: string;
                    /** @description Id of the node that stored it. */
                    "x-gstore-author"?: string;
                    /** @description Its name, percent-encoded. */
                    "x-gstore-author-name"?: string;
                    /** @description The file's own modification time. */
                    "x-gstore-modified"?: string;
                    /** @description Permission bits in octal. */
                    "x-gstore-mode"?: string;
                    /** @description Of one range: `bytes 0-99/1234`. */
                    "Content-Range"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                    "multipart/byteranges": string;
                };
            };
            /** @description The entity tag is still that one. */
            304: {
                headers: {
                    /** @description The version, in quotes. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            412: components["responses"]["PreconditionFailed"];
            416: components["responses"]["RangeNotSatisfiable"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            502: components["responses"]["PeerFailed"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["TimedOut"];
        };
    };
    storeFile: {
        parameters: {
            query?: {
                wait?: "local" | "min" | "all";
                copies?: number;
                timeout?: string;
            };
            header?: {
                /** @description 412 unless the key holds the version of this entity tag. */
                "If-Match"?: string;
                /** @description `*`: 412 if the key is there. */
                "If-None-Match"?: string;
                /** @description The file's own modification time. */
                "x-gstore-modified"?: string;
                /** @description Permission bits in octal. */
                "x-gstore-mode"?: string;
            };
            path: {
                /** @description Name of the space; every network has `main`. */
                space: string;
                /** @description The key: UTF-8, percent-encoded. Slashes may stand as they are, or be encoded as %2F as this document has clients do. */
                key: string;
            };
            cookie?: never;
        };
        /** @description The file, of any media type. */
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stored"];
                };
            };
            /** @description Created. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stored"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["TimedOut"];
            507: components["responses"]["Full"];
        };
    };
    removeFile: {
        parameters: {
            query?: {
                history?: boolean;
            };
            header?: {
                /** @description 412 unless the key holds the version of this entity tag. */
                "If-Match"?: string;
                /** @description `*`: 412 if the key is there. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Name of the space; every network has `main`. */
                space: string;
                /** @description The key: UTF-8, percent-encoded. Slashes may stand as they are, or be encoded as %2F as this document has clients do. */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    describeFile: {
        parameters: {
            query?: {
                version?: string;
                at?: string;
            };
            header?: {
                /** @description One range of bytes or several: `bytes=0-99`, `bytes=100-`, `bytes=-100`. */
                Range?: string;
                /** @description The ranges count only if the file still has this entity tag. */
                "If-Range"?: string;
                /** @description 412 unless the file has one of these entity tags. */
                "If-Match"?: string;
                /** @description 304 if the file has one of these entity tags. */
                "If-None-Match"?: string;
                /** @description A name by which `/v1/failures/{request}` tells why the answer broke off. */
                "x-request-id"?: string;
            };
            path: {
                /** @description Name of the space; every network has `main`. */
                space: string;
                /** @description The key: UTF-8, percent-encoded. Slashes may stand as they are, or be encoded as %2F as this document has clients do. */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file without its bytes. User metadata comes as `x-gstore-meta-NAME`, percent-encoded. */
            200: {
                headers: {
                    /** @description The version, in quotes. */
                    ETag?: string;
                    /** @description When this version was stored, to the second. */
                    "Last-Modified"?: string;
                    /** @description `bytes` */
                    "Accept-Ranges"?: string;
                    /** @description An answer that ends before so many bytes is broken, not short. */
                    "Content-Length"?: string;
                    /** @description The key, percent-encoded. */
                    "x-gstore-key"?: string;
                    /** @description Bytes of the whole file. */
                    "x-gstore-size"?: string;
                    /** @description BLAKE3 of the whole file: `1e20` and 64 digits. */
                    "x-gstore-digest"?: string;
                    /** @description The media type as it was given, percent-encoded. */
                    "x-gstore-content-type"?: string;
                    /** @description When this version was stored, by its author's clock. */
                    "x-gstore-stored"?: string;
                    /** @description Id of the node that stored it. */
                    "x-gstore-author"?: string;
                    /** @description Its name, percent-encoded. */
                    "x-gstore-author-name"?: string;
                    /** @description The file's own modification time. */
                    "x-gstore-modified"?: string;
                    /** @description Permission bits in octal. */
                    "x-gstore-mode"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The entity tag is still that one. */
            304: {
                headers: {
                    /** @description The version, in quotes. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            412: components["responses"]["PreconditionFailed"];
            416: components["responses"]["RangeNotSatisfiable"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            502: components["responses"]["PeerFailed"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["TimedOut"];
        };
    };
    moveFile: {
        parameters: {
            query?: {
                wait?: "local" | "min" | "all";
                timeout?: string;
            };
            header?: {
                /** @description 412 unless the key holds the version of this entity tag. */
                "If-Match"?: string;
                /** @description `*`: 412 if the key is there. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Name of the space; every network has `main`. */
                space: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    from: string;
                    to: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stored"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["TimedOut"];
            507: components["responses"]["Full"];
        };
    };
    explainPlacement: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the space; every network has `main`. */
                space: string;
                /** @description The key: UTF-8, percent-encoded. Slashes may stand as they are, or be encoded as %2F as this document has clients do. */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Placement"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    listRecent: {
        parameters: {
            query?: {
                prefix?: string;
                removed?: boolean;
                before?: string;
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Name of the space; every network has `main`. */
                space: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recent"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    listVersions: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Name of the space; every network has `main`. */
                space: string;
                /** @description The key: UTF-8, percent-encoded. Slashes may stand as they are, or be encoded as %2F as this document has clients do. */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Versions"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    restoreVersion: {
        parameters: {
            query?: {
                wait?: "local" | "min" | "all";
                timeout?: string;
            };
            header?: never;
            path: {
                /** @description Name of the space; every network has `main`. */
                space: string;
                /** @description The key: UTF-8, percent-encoded. Slashes may stand as they are, or be encoded as %2F as this document has clients do. */
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    restore?: string;
                    resolve?: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Restored"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["TimedOut"];
            507: components["responses"]["Full"];
        };
    };
    purgeFile: {
        parameters: {
            query?: {
                timeout?: string;
            };
            header?: never;
            path: {
                /** @description Name of the space; every network has `main`. */
                space: string;
                /** @description The key: UTF-8, percent-encoded. Slashes may stand as they are, or be encoded as %2F as this document has clients do. */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Purged"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["TimedOut"];
        };
    };
    readStatus: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Status"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    listTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        tokens: {
                            id: string;
                            name: string | null;
                            role: string;
                            space: string | null;
                            prefix: string;
                            created: string;
                            expires: string | null;
                        }[];
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    createToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    role: "reader" | "writer" | "admin";
                    space?: string;
                    prefix?: string;
                    lifetime?: string;
                    name?: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        name: string | null;
                        role: string;
                        space: string | null;
                        prefix: string;
                        created: string;
                        expires: string | null;
                        token: string;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    revokeToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    createUpload: {
        parameters: {
            query?: never;
            header?: {
                /** @description `1.0.0` */
                "Tus-Resumable"?: "1.0.0";
                /** @description Bytes of the file. */
                "Upload-Length"?: number;
                /** @description Pairs of a name and a value in base64, with commas between: `key` (or `filename`), `space`, `filetype`, `modified`. */
                "Upload-Metadata"?: string;
                /** @description `sha1`, `sha256` or `sha512`, and the checksum of the body in base64. */
                "Upload-Checksum"?: string;
            };
            path?: never;
            cookie?: never;
        };
        /** @description The next bytes of the file. */
        requestBody?: {
            content: {
                "application/offset+octet-stream": string;
            };
        };
        responses: {
            /** @description `Location` is where its pieces go. */
            201: {
                headers: {
                    /** @description `1.0.0` */
                    "Tus-Resumable"?: "1.0.0";
                    /** @description Bytes that have come. */
                    "Upload-Offset"?: number;
                    /** @description When it is given up unless more has come by then. */
                    "Upload-Expires"?: string;
                    /** @description The version that it became, once all has come. */
                    ETag?: string;
                    /** @description Of the upload. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            429: components["responses"]["TooManyRequests"];
            460: components["responses"]["ChecksumMismatch"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    describeUploads: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Versions, extensions, and the largest file. */
            204: {
                headers: {
                    /** @description `1.0.0` */
                    "Tus-Resumable"?: "1.0.0";
                    /** @description `1.0.0` */
                    "Tus-Version"?: string;
                    /** @description Extensions, with commas between. */
                    "Tus-Extension"?: string;
                    /** @description Bytes of the largest file. */
                    "Tus-Max-Size"?: number;
                    /** @description Algorithms, with commas between. */
                    "Tus-Checksum-Algorithm"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    readUpload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    overrideUpload: {
        parameters: {
            query?: never;
            header?: {
                /** @description `1.0.0` */
                "Tus-Resumable"?: "1.0.0";
                /** @description Bytes that have come. */
                "Upload-Offset"?: number;
                /** @description `sha1`, `sha256` or `sha512`, and the checksum of the body in base64. */
                "Upload-Checksum"?: string;
                /** @description The method that is meant. */
                "X-HTTP-Method-Override"?: "PATCH" | "DELETE";
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        /** @description The next bytes of the file. */
        requestBody: {
            content: {
                "application/offset+octet-stream": string;
            };
        };
        responses: {
            /** @description They are synced to the disk. */
            204: {
                headers: {
                    /** @description `1.0.0` */
                    "Tus-Resumable"?: "1.0.0";
                    /** @description Bytes that have come. */
                    "Upload-Offset"?: number;
                    /** @description When it is given up unless more has come by then. */
                    "Upload-Expires"?: string;
                    /** @description The version that it became, once all has come. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            429: components["responses"]["TooManyRequests"];
            460: components["responses"]["ChecksumMismatch"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    giveUpUpload: {
        parameters: {
            query?: never;
            header?: {
                /** @description `1.0.0` */
                "Tus-Resumable"?: "1.0.0";
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    /** @description `1.0.0` */
                    "Tus-Resumable"?: "1.0.0";
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    findOffset: {
        parameters: {
            query?: never;
            header?: {
                /** @description `1.0.0` */
                "Tus-Resumable"?: "1.0.0";
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was being sent is ended before. */
            200: {
                headers: {
                    /** @description `1.0.0` */
                    "Tus-Resumable"?: "1.0.0";
                    /** @description Bytes that have come. */
                    "Upload-Offset"?: number;
                    /** @description Bytes of the file. */
                    "Upload-Length"?: number;
                    /** @description Pairs of a name and a value in base64, with commas between: `key` (or `filename`), `space`, `filetype`, `modified`. */
                    "Upload-Metadata"?: string;
                    /** @description When it is given up unless more has come by then. */
                    "Upload-Expires"?: string;
                    /** @description The version that it became, once all has come. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    appendToUpload: {
        parameters: {
            query?: never;
            header?: {
                /** @description `1.0.0` */
                "Tus-Resumable"?: "1.0.0";
                /** @description Bytes that have come. */
                "Upload-Offset"?: number;
                /** @description `sha1`, `sha256` or `sha512`, and the checksum of the body in base64. */
                "Upload-Checksum"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        /** @description The next bytes of the file. */
        requestBody: {
            content: {
                "application/offset+octet-stream": string;
            };
        };
        responses: {
            /** @description They are synced to the disk. */
            204: {
                headers: {
                    /** @description `1.0.0` */
                    "Tus-Resumable"?: "1.0.0";
                    /** @description Bytes that have come. */
                    "Upload-Offset"?: number;
                    /** @description When it is given up unless more has come by then. */
                    "Upload-Expires"?: string;
                    /** @description The version that it became, once all has come. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["UnsupportedType"];
            429: components["responses"]["TooManyRequests"];
            460: components["responses"]["ChecksumMismatch"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
            507: components["responses"]["Full"];
        };
    };
    measureStore: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One JSON object a line, the last one being the report or an error. The schema is of a line. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["UsageLine"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
    verifyStore: {
        parameters: {
            query?: {
                repair?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One JSON object a line, the last one being the report or an error. The schema is of a line. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["VerifyLine"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Fault"];
            503: components["responses"]["Unavailable"];
        };
    };
}
