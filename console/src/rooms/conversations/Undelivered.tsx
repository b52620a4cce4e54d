/** A message that did not arrive, or perhaps: why, and what a person can do about it. */
import { Button } from "@mantine/core";
import type { Message } from "../../api/types";
import { useMayWrite } from "../../app/rights";
import { useLanguage } from "../../language/LanguageProvider";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { failureText, useDesk } from "./desk";
import classes from "./MessageGroup.module.css";

interface Props {
  conversationId: string;
  message: Message;
}

export function Undelivered({ conversationId, message }: Props) {
  const { t } = useLanguage();
  const desk = useDesk(conversationId);
  const why = failureText(message.delivery_error_code, message.delivery_error, t);
  const settle = (arrived: boolean) => desk.mutate({ do: `messages/${message.id}/settle`, body: { arrived } });
  return (
    <div className={classes.undelivered} data-testid="undelivered">
      {why && <span title={message.delivery_error ?? undefined}>{why}</span>}
      {useMayWrite() && (
        <span className={classes.choices}>
          {message.delivery === "in_doubt" && (
            <Button size="compact-xs" variant="light" loading={desk.isPending} onClick={() => settle(true)}>
              {t("delivery.arrived")}
            </Button>
          )}
          <Button size="compact-xs" variant="light" loading={desk.isPending} onClick={() => settle(false)}>
            {t("delivery.resend")}
          </Button>
        </span>
      )}
      {desk.error && <ProblemNotice error={desk.error} />}
    </div>
  );
}
