import express, { type RequestHandler } from "express";

/**
 * JSON in UTF-8, the one encoding it has (RFC 8259, 8.1). The parser takes any whose name begins with `utf-`, UTF-7 too,
 * in which nothing looks like what it is.
 */
export function jsonBody(limit: number | string): RequestHandler {
  return express.json({
    limit,
    strict: true,
    inflate: false,
    verify(_request, _response, _body, charset) {
      if (charset !== "utf-8")
        throw Object.assign(new Error(`JSON in ${charset}`), { status: 415, type: "charset.unsupported" });
    },
  });
}
