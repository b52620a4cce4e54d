"""Everyday words: they tell the languages apart, and are never taken for a slip of another word."""

from __future__ import annotations

from tapbot.bots.understanding.text import fold_words

LANGUAGE_WORDS = {
    "kk": (
        "мен сен ол біз сіз олар бұл осы сол қандай қашан қайда қалай неше қанша не кім неге үшін және де да бар жоқ "
        "керек емес ма ме ба бе па пе ғой екен еді болады болама бола болса маған сізге бізге менің сіздің сәлем "
        "сәлеметсіз рахмет рақмет иә ия әлі енді қазір бүгін ертең туралы дейін кейін бұрын арқылы бойынша көп аз "
        "жақсы жаман үлкен кіші тек ғана тағы өте баға бағасы жол көлік шығады барады келеді бару қайту керекпін "
        "тұрады тұр алу алсам алғым боламын болмайды емеспін орын адам кісі сағат таңғы кешкі түскі түнгі күні бір "
        "екі үш төрт бес алты жеті сегіз тоғыз он жүргізуші мәшине машина брондау тапсырыс беремін бересіз берші "
        "айтыңыз айтшы айтып көмек көмектесіңіз өтінемін мүмкін болар шығып қосыңыз өзгерту ауыстыру бас тарту "
        "тартамын жібер жіберіңіз хабарлас қоңырау нөмір нөмірім телефоным жарайды солай дұрыс қате керегі қажет ше "
        "ғо той қайсы қайдан неменеге болдыру алып салып тоқта балам бала жүк жүгім ит мысық ақша төлем қолма қол "
        "картамен алдын ала"
    ),
    "ru": (
        "я ты он она мы вы они это этот эта что как где когда куда откуда почему сколько какой какая какие кто чей и "
        "а но или если то же ли бы не нет да на в из до от по за у к с со о об для при без под над между через мне "
        "меня вас вам нам нас мой моя ваш ваша есть был была было будет будут можно нужно надо хочу хотел хотела "
        "хотим могу можете нельзя очень только ещё уже тоже там тут здесь сейчас завтра сегодня здравствуйте привет "
        "спасибо пожалуйста добрый день вечер утро стоит цена билет такси машина водитель поездка поездку ехать "
        "поехать поеду еду едем забронировать бронь заказать заказ отменить отмена изменить перенести место места "
        "человек двое трое один два три четыре пять шесть семь восемь девять десять часов утра вечера дня ночи номер "
        "телефон пусть ладно хорошо окей ок ага давайте давай верно подскажите скажите чтобы так все всё мои моих "
        "себя него неё оператор оператора человеком багаж ребенок собака оплата картой наличными чем тебя вообще "
        "ничего опять"
    ),
    "en": (
        "i you he she it we they me my your our the a an is are was were be been am do does did don't doesn't can "
        "could would will should have has had not no yes yeah and or but if in on at to from for of with by about how "
        "what when where why who which there here this that these those please thanks thank hello hi hey good morning "
        "evening ok okay want need book booking ride trip taxi cab car price cost much many fare seat seats people "
        "person tomorrow today time change cancel driver late luggage dog child kids pay card cash phone number call "
        "human operator get go going take any some just also too only let's i'd i'm it's one two three four five six "
        "seven eight nine ten sure right correct wrong move instead sorry help agent real speak talk leave leaving "
        "travel travelling us all still yet know tell bye see you're what's there's"
    ),
}
"""Words that mark a language; words of two languages count for neither."""

NEAR_WORDS = (
    "раз разве три тара остан остановка осталось стал стала стану стало сталь стан алма алмады алмаймын алмай "
    "алдым алды алты алтын аста астында орау орал орыс семья семьи семьей семьёй семьями семь семей қосу басқа "
    "басқаны арасы апта актау таразы осы осында ештеңе ертерек кешірек кешіріңіз кешіресіз кешіктім кешікті "
    "кешігіп кешіксе кейінірек жолы жолда жолдан жету жетем жеткізу отыр отырмын отырып отыру берем берегірек "
    "арада арасында мында үйде вечно часто честно место честь шест шесть пост пять пятно пятна опять марка марку "
    "карта карты карту мария мира мая майка алмата пишите напишите среди средний средняя срезу сразу сред "
    "тридцать двадцать сумма сумку сумка сумки числа чисто часть части четко тариф тарифы день деньги данные "
    "данных дано much march match must most more mode many any may maybe mayor son soon sun sat set seat seats "
    "sit six mon money month moon wed we wet fri free from form farm early hours ours our night light right might "
    "ten then than den eight weight height late later latest order older hour your astonishing tara terrace "
    "almost almond karaoke orally astern actual ride rides rider riding trip trips take taken shutter merely "
    "ridden aktiv ақты актив merci "
)
"""Words that are one letter away from a city, a number or a weekday."""

COMMON_BY_LANGUAGE = {language: frozenset(fold_words(words)) for language, words in LANGUAGE_WORDS.items()}
COMMON_WORDS = frozenset().union(*COMMON_BY_LANGUAGE.values(), fold_words(NEAR_WORDS))
"""All of them, folded."""
