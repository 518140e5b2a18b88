/** Types of the values that tests in workerd read with `inject()`. These tests cannot import code that starts servers. */
export interface S3Keys {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface ProvidedS3 extends S3Keys {
  endpoint: string;
  region: string;
  bucket: string;
  putOnly: S3Keys;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Null if the server is not available on this machine. */
    s3: ProvidedS3 | null;
    /** For `startRemoteStrictS3()`. */
    strictS3ControlUrl: string;
    /** Answers a GET with a SeaweedFS server (`ProvidedS3`) or null. The first GET starts it. */
    seaweedfsUrl: string;
  }
}
