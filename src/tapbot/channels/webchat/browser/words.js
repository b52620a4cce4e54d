// The page's words in three languages, and which one is shown.

import { at, query, storage } from "./kept.js";

const TEXTS = {
  kk: {
    hello: "Сәлеметсіз бе! Сұрағыңызды қазақша, орысша немесе ағылшынша жазыңыз.",
    placeholder: "Хабарлама жазыңыз…", send: "Жіберу", close: "Жабу", down: "Соңғы хабарламаға", language: "Тіл",
    online: "Желіде", connecting: "Қосылуда…", offline: "Байланыс жоқ, хабарламалар кейін жіберіледі",
    typing: "Жауап жазуда", you: "Сіз", bot: "Бот", human: "Оператор", choices: "Жауап нұсқалары", messages: "Хабарламалар",
    waiting: "жіберілуде", failed: "Жіберілмеді.", gone: "енді сақталмайды", tooLong: "Хабарлама тым ұзын.",
    attach: "Файл тіркеу", file: "Файл", place: "Орын", emptyFile: "Файл бос.", largeFile: "Файл 15 МБ-тан аспауы керек.", today: "Бүгін", yesterday: "Кеше",
  },
  ru: {
    hello: "Здравствуйте! Напишите ваш вопрос на русском, казахском или английском.",
    placeholder: "Напишите сообщение…", send: "Отправить", close: "Закрыть", down: "К последнему сообщению", language: "Язык",
    online: "На связи", connecting: "Подключаемся…", offline: "Нет связи, сообщения уйдут позже",
    typing: "Пишет ответ", you: "Вы", bot: "Бот", human: "Оператор", choices: "Варианты ответа", messages: "Сообщения",
    waiting: "отправляется", failed: "Не отправлено.", gone: "больше не хранится", tooLong: "Сообщение слишком длинное.",
    attach: "Прикрепить файлы", file: "Файл", place: "Место", emptyFile: "Файл пустой.", largeFile: "Файл должен быть не больше 15 МБ.", today: "Сегодня", yesterday: "Вчера",
  },
  en: {
    hello: "Hello! Ask your question in English, Russian or Kazakh.",
    placeholder: "Write a message…", send: "Send", close: "Close", down: "To the latest message", language: "Language",
    online: "Online", connecting: "Connecting…", offline: "No connection, messages will be sent later",
    typing: "Writing an answer", you: "You", bot: "Bot", human: "Operator", choices: "Suggested answers", messages: "Messages",
    waiting: "sending", failed: "Not sent.", gone: "no longer kept", tooLong: "The message is too long.",
    attach: "Attach files", file: "File", place: "Place", emptyFile: "The file is empty.", largeFile: "A file may have up to 15 MB.", today: "Today", yesterday: "Yesterday",
  },
};

let chosen = chooseLanguage();
function chooseLanguage() {
  const wished = [query.get("lang"), storage.read("lang"), ...(navigator.languages ?? [navigator.language])];
  for (const tag of wished) {
    const short = (tag ?? "").toLowerCase().split("-")[0].replace("kz", "kk");
    if (TEXTS[short]) return short;
  }
  return "ru";
}

export const language = () => chosen;
export function choose(tag) {
  chosen = tag;
  storage.write("lang", tag);
}
export const say = (key) => TEXTS[chosen][key];

const titles = JSON.parse(at("title").dataset.titles || "{}"); // the bot's name by language
const servedTitle = document.title;
export const botTitle = () => titles[chosen] ?? servedTitle;
