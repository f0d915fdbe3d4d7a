import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, DatePicker, Form, Input } from "antd";
import dayjs, { type Dayjs } from "dayjs";

import { staffApi } from "../../api/staff";
import type { Prices } from "../../api/staff_types";
import { useStaffText } from "../../text/staff";
import { Page } from "../page";
import { Problem, wordsOf } from "../problem";
import { Records, type Column } from "../records";
import { When } from "../when";
import { formatMoney, formatMonth, nextMonth, readMoney } from "./money";

type Price = Prices["prices"][number];

/** What a case costs, from which month on. */
export default function PricesPage() {
  const { t, language } = useStaffText();
  const prices = useQuery({ queryKey: ["prices"], queryFn: staffApi.prices });
  const columns: Column<Price>[] = [
    { key: "from", title: t("prices.from"), card: "head", render: ({ from_month }) => formatMonth(from_month, language) },
    { key: "price", title: t("prices.price"), card: "mark", align: "right", render: ({ price }) => <strong>{formatMoney(price)}</strong> },
    { key: "at", title: t("prices.at"), card: "line", render: ({ at }) => <When at={at} /> },
    { key: "by", title: t("prices.by"), card: "line", render: ({ by }) => by.replace(/^staff:/, "") },
  ];
  return (
    <Page title={t("nav.prices")} lead={t("prices.lead")}>
      {prices.isError && <Problem error={prices.error} again={() => void prices.refetch()} />}
      {prices.data && <NewPrice prices={prices.data} />}
      {!prices.isError && (
        <Records
          label={t("nav.prices")}
          rows={prices.data?.prices}
          columns={columns}
          rowKey={({ from_month }) => from_month}
          empty={{ title: t("prices.empty"), more: t("prices.emptyMore", { price: formatMoney(prices.data?.default ?? "4.00") }) }}
        />
      )}
    </Page>
  );
}

function NewPrice({ prices }: { prices: Prices }) {
  const { t, language } = useStaffText();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [form] = Form.useForm<{ from: Dayjs; price: string }>();
  const set = useMutation({
    mutationFn: ({ from, price }: { from: Dayjs; price: string }) => staffApi.setPrice(from.format("YYYY-MM"), readMoney(price, 4, false)!),
    onSuccess: (answer) => {
      client.setQueryData(["prices"], answer);
      void client.invalidateQueries({ queryKey: ["bills"] });
      form.resetFields();
      void message.success(t("prices.done"));
    },
  });
  const earliest = prices.closed_until === null ? null : dayjs(nextMonth(prices.closed_until));
  return (
    <section className="card" aria-label={t("prices.new")}>
      <Form form={form} layout="inline" requiredMark={false} className="inline-form" onFinish={(values) => set.mutate(values)}>
        <Form.Item name="from" label={t("prices.from")} rules={[{ required: true, message: t("prices.fromNeeded") }]}>
          <DatePicker picker="month" inputReadOnly disabledDate={(day) => earliest !== null && day.isBefore(earliest, "month")} />
        </Form.Item>
        <Form.Item
          name="price"
          label={t("prices.priceLabel")}
          rules={[
            { validator: (_, value: string = "") => (readMoney(value, 4, false) === null ? Promise.reject(new Error(t("prices.priceWrong"))) : Promise.resolve()) },
          ]}
        >
          <Input inputMode="decimal" prefix="¥" maxLength={11} />
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={set.isPending}>
          {t("prices.go")}
        </Button>
      </Form>
      {set.isError && <Alert type="error" showIcon role="alert" title={wordsOf(set.error, t, language)} />}
      <p className="quiet small">
        {earliest === null ? t("prices.note") : t("prices.noteClosed", { month: formatMonth(prices.closed_until!, language) })}
      </p>
    </section>
  );
}
