/** The icon of a node type: its own SVG, else a sign for its family. */
import { IconBox, IconBrandTelegram, IconClock, IconPlayerStop, IconRepeat, IconRobot, IconSitemap, IconWebhook, IconWorld, type Icon } from "@tabler/icons-react";
import classes from "./NodeIcon.module.css";
import { isTriggerType } from "./draw";

const FAMILIES: [RegExp, Icon][] = [
  [/webhook/i, IconWebhook],
  [/schedule|cron|wait/i, IconClock],
  [/http/i, IconWorld],
  [/telegram/i, IconBrandTelegram],
  [/executeWorkflow/i, IconSitemap],
  [/splitInBatches|loop/i, IconRepeat],
  [/agent|langchain|openAi/i, IconRobot],
  [/stopAndError/i, IconPlayerStop],
];

interface Props {
  type: string;
  svg: string | null;
  size: number;
}

export function NodeIcon({ type, svg, size }: Props) {
  const box = { width: size, height: size };
  if (!svg) {
    const Shown = FAMILIES.find(([pattern]) => pattern.test(type))?.[1] ?? IconBox;
    return <Shown className={`node-icon ${classes.sign}`} {...box} stroke={1.5} data-trigger={isTriggerType(type)} aria-hidden />;
  }
  const address = svgAddress(svg);
  if (!svg.includes("currentColor")) return <img className="node-icon" src={address} {...box} alt="" draggable={false} />;
  // A picture cannot take the text's colour; a mask can.
  return <span className={`node-icon ${classes.mask}`} style={{ ...box, maskImage: `url("${address}")` }} aria-hidden />;
}

/** As an image an SVG can run no script, whatever it holds. */
export function svgAddress(svg: string): string {
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
