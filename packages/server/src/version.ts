import packageJson from "../package.json" with { type: "json" };

/** Version of this gstore, as in its package. */
export const gstoreVersion: string = packageJson.version;
