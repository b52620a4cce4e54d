/** Starts the console: texts first, then the router over one cache of the server's answers. */
import "@mantine/core/styles.layer.css";
import "./app/theme.css";
import { MantineProvider, localStorageColorSchemeManager } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { askTitlesIn } from "./api/client";
import { createAnswers } from "./app/answers";
import { createConsoleRouter } from "./app/router";
import { theme } from "./app/theme";
import { LanguageProvider, keptLanguage } from "./language/LanguageProvider";
import { loadTexts } from "./language/load";
import { chooseLanguage } from "./language/translate";
import { takeLinkToken } from "./rooms/login/link";

async function start(): Promise<void> {
  const root = document.getElementById("root");
  if (!root) throw new Error("index.html holds no element with the id root.");
  const linkToken = takeLinkToken(window.location, window.history);
  const language = chooseLanguage(keptLanguage(), navigator.languages);
  askTitlesIn(language);
  const texts = await loadTexts(language);
  const answers = createAnswers(() => void router.invalidate());
  const router = createConsoleRouter({ answers, linkToken });
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        defaultColorScheme="auto"
        colorSchemeManager={localStorageColorSchemeManager({ key: "tapbot-color-scheme" })}
      >
        <QueryClientProvider client={answers}>
          <LanguageProvider first={language} firstTexts={texts}>
            <RouterProvider router={router} />
          </LanguageProvider>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}

void start();
