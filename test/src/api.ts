import { readFile } from "node:fs/promises";
import { load } from "js-yaml";
import { Agent, request } from "undici";

/** What the API server answered, as any client gets it. `body` is the JSON of the answer, or its text. */
export interface ApiResponse {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: objects of any kind
  readonly body: any;
  /** Texts of the Warning headers (RFC 9110, code 299), unquoted. */
  readonly warnings: readonly string[];
}

/** A client that does nothing of its own: no retries, no reading of errors, warnings kept. */
export interface Api {
  request(method: string, path: string, body?: object, contentType?: string): Promise<ApiResponse>;
  close(): Promise<void>;
}

interface Kubeconfig {
  readonly clusters: readonly { cluster: { server: string; "certificate-authority-data": string } }[];
  readonly users: readonly {
    user: { "client-certificate-data": string; "client-key-data": string };
  }[];
}

const decoded = (base64: string) => Buffer.from(base64, "base64").toString();

/** As the (only) user of a kubeconfig that carries its certificates. */
export async function openApi(kubeconfig: string): Promise<Api> {
  const { clusters, users } = load(await readFile(kubeconfig, "utf8")) as Kubeconfig;
  const [{ cluster }] = clusters as [Kubeconfig["clusters"][number]];
  const [{ user }] = users as [Kubeconfig["users"][number]];
  const dispatcher = new Agent({
    connect: {
      ca: decoded(cluster["certificate-authority-data"]),
      cert: decoded(user["client-certificate-data"]),
      key: decoded(user["client-key-data"]),
    },
    // A killed server leaves an HTTP/2 session behind on which every request waits in vain.
    allowH2: false,
    connections: 16,
  });
  return {
    async request(method, path, body, contentType = "application/json") {
      const response = await request(`${cluster.server}${path}`, {
        dispatcher,
        method: method as "GET",
        headers: { accept: "application/json", ...(body ? { "content-type": contentType } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      const text = await response.body.text();
      return {
        status: response.statusCode,
        body: parsed(text),
        warnings: [response.headers.warning ?? []].flat().flatMap(warningTexts),
      };
    },
    close: () => dispatcher.destroy(),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** `299 - "text"`, several of them in one header separated by commas. */
function warningTexts(header: string): string[] {
  return [...header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text]) =>
    (text as string).replace(/\\(.)/g, "$1"),
  );
}
