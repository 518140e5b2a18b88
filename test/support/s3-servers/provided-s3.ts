/** What tests in workerd read by `inject()`: types alone, for they cannot see how the server is started. */
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
    /** Null when the server cannot be had on this machine. */
    s3: ProvidedS3 | null;
    /** For `startRemoteStrictS3()`. */
    strictS3ControlUrl: string;
    /** Answers a GET with a SeaweedFS (`ProvidedS3`), or with null; starts it when it is asked first. */
    seaweedfsUrl: string;
  }
}
