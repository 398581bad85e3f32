// gRPC over HTTP/2: recognizes its requests, and writes its status as fields of a trailer section or of a head without content.

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html; those the gateway itself uses. */
export const grpcStatus = {
  cancelled: 1,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const

export type GrpcStatus = (typeof grpcStatus)[keyof typeof grpcStatus]

/** `application/grpc`, also `+proto` and the like. gRPC-Web is an HTTP request as any other: browsers send it. */
export function isGrpc(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/grpc(?:[+;\s]|$)/i.test(contentType)
}

/** Status of one of our own answers that would have this HTTP status. */
export function grpcStatusOf(httpStatus: number): GrpcStatus {
  switch (httpStatus) {
    case 401:
      return grpcStatus.unauthenticated
    case 403:
      return grpcStatus.permissionDenied
    case 404:
    case 501:
      return grpcStatus.unimplemented
    case 408:
      return grpcStatus.deadlineExceeded
    case 413:
    case 429:
    case 431:
      return grpcStatus.resourceExhausted
    case 421:
    case 502:
    case 503:
    case 504:
      return grpcStatus.unavailable
    // open: any other status
    default:
      return grpcStatus.internal
  }
}

/** Flat: `grpc-status` and `grpc-message`, as trailers or in a head that ends the response. */
export function grpcFields(status: GrpcStatus, message: string): string[] {
  return ['grpc-status', String(status), 'grpc-message', percentEncoded(message)]
}

/** Percent-encoding of UTF-8 but for visible ASCII and space; at most about 1 KiB, as clients limit their heads. */
function percentEncoded(message: string): string {
  return message
    .slice(0, 512)
    .replace(/[^\x20-\x24\x26-\x7e]+/gu, (text) =>
      [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
    )
}
