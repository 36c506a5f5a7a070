import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "./api/http.ts";
import { chosenTheme, showTheme } from "./lib/theme.ts";
import { App } from "./shell/app.tsx";
import { Toasts } from "./ui/toasts.tsx";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5000,
      // What the node refused once it refuses again; whether it answers at all may change.
      retry: (count, error) => count < 2 && error instanceof ApiError && error.isRetryable,
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});

showTheme(chosenTheme());
const root = document.querySelector("#root");
if (root === null) throw new Error("The page has no #root.");
createRoot(root).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queries}>
        <Toasts>
          <App />
        </Toasts>
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
