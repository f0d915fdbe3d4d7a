import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

// Tokens and shared parts first: a page's own rules come after them.
import "./look/tokens.css";
import "./look/base.css";
import "./look/parts.css";
import "./look/pages.css";
import { App } from "./app";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
