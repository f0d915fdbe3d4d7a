import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./app";
import "./look/tokens.css";
import "./look/base.css";
import "./look/parts.css";
import "./look/pages.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
