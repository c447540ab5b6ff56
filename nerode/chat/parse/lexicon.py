"""The words that the grammar of answers knows (wording.py): lists of what any text may say.

Names and things of a narration are never in them. Words are in lower case, and ё in them is е.
"""
# ruff: noqa: RUF001, RUF002 - Russian letters are meant

from __future__ import annotations

import re

YES, NO = "yes", "no"
YES_NO_WORDS = {"yes": YES, "no": NO, "да": YES, "нет": NO}


def words_of(words: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(words.split())


LEADERS = words_of(
    "so the final is it answer my therefore thus hence then that also clearly simply definitely "
    "certainly indeed well a definite clear just итак это мой значит следовательно таким образом "
    "однозначно безусловно конечно точно"
)
"""Before an answer these change nothing ("therefore, a clear yes")."""
FOLLOWERS = words_of(
    "they it it's this these that the not because since he she we you i all both indeed "
    "definitely certainly absolutely clearly too also "
    "они это эти не потому поскольку так все оба оно могут может конечно безусловно точно "
    "тоже также"
)
"""After "no" without a comma these go on with a sentence ("no they cannot"); "no idea" is none."""
FILLERS = LEADERS | words_of(
    "or and but maybe perhaps possibly probably actually wait rather hmm oh sorry no. in fact i "
    "mean should be must would could might may say think it's its to go with seat "
    "или и но а хотя может быть вернее точнее наверное скорее всё-таки все-таки"
)
"""Before a second answer these still leave it an answer ("or maybe no")."""
CONDITIONS = words_of(
    "if unless whether suppose supposing assuming assume imagine pretend provided providing "
    "depending depends otherwise else если допустим предположим при условии ли "
    "иначе зависит зависимости"
)
WHEN = words_of("when whenever когда")
"""A condition before an answer, unless a conclusion is drawn in between."""
NEGATIONS = words_of(
    "not never cannot can't isn't wasn't won't wouldn't couldn't shouldn't don't doesn't didn't "
    "aren't neither nor no nobody не ни нет нельзя"
)
DOUBTS = words_of(
    "or either maybe perhaps possibly probably might may could would someone somebody others "
    "people example format form template placeholder wrong incorrect false mistaken say unsure "
    "unclear "
    "или либо может возможно вероятно наверное кто-то пример например формат форма шаблон неверно"
)
REPORTS = words_of(
    "say says said claim claims claimed reply replies replied think thinks thought believe "
    "believes suggest suggests guess guesses argue argues insist insists answers answered "
    "говорит говорят сказал сказала сказали скажет ответит ответил ответила утверждает утверждают "
    "думает думают считает считают"
)
"""What somebody else says is no answer ("Bob says the answer is yes") ..."""
FIRST_PERSON = words_of("i we my our я мы мой наш")
"""... unless it is the model that says it ("I would say: yes")."""
DENIALS = words_of(
    "cannot can't unknown impossible undetermined undefined unclear uncertain unsure ambiguous not "
    "never neither either depends нельзя невозможно неизвестно неясно не ни"
)
CONCLUSIONS = words_of("so therefore thus hence consequently значит следовательно поэтому итак")
STEP_WORDS = CONCLUSIONS | words_of(
    "then now next but however yet although though still and step which тогда теперь но однако "
    "хотя впрочем далее и а"
)
CONTRASTS = words_of("but however except although though yet но однако хотя кроме")
ELSEWHERE = words_of(
    "or and either between before after next beside near left right from except but other than "
    "least most more less about around above below opposite adjacent neighbour neighbor away minus "
    "plus excluding roughly approximately "
    "last end without since because as any every each both all if unless whether "
    "maybe perhaps possibly probably might could not never neither nor behind within past beyond "
    "over against opposite to into till until up through throughout of for with by toward towards "
    "statement statements step option options case line point rule clue fact sentence condition "
    "premise puzzle question arrangement "
    "примерно приблизительно порядка "
    "или и либо между перед после рядом около возле слева справа от кроме если может возможно "
    "вероятно наверное любое любом любой каждое все оба поскольку потому так не ни "
    "конца конце края за через до утверждение утверждении утверждения шаг вариант "
    "случай правило вопрос"
)
"""Beside a number these make it another place, several, or none."""
FROM_LEFT = (("from", "the", "left"), ("from", "left"), ("слева",))
"""How places are counted; `слева от` is another place."""
REASONS = words_of(
    "since because as so that which not given for while whereas where who "
    "так поскольку потому ведь не ибо где что"
)
SCENARIOS = words_of("case scenario случае варианте")
INVERTED = words_of("had were should would")
"""Conditions that begin so have no other word for it ("had Anna moved, ...")."""
OBJECTS = words_of("of to about from against for with than against от против")
THAT = words_of("that что будто чтобы")
BECAUSE = words_of("because since поскольку потому")
OR = words_of("or или")
CASES = words_of("case scenario option example format or случае случай вариант пример или")
"""Of a line that ends in a colon these make one of several cases, as conditions do."""
ARTICLES = words_of("of out total all из всего the in on at under is it's it в на под это")
TAKEN_BACK = re.compile(
    r"\b(?:wait|oops|correction|scratch that|strike that|reconsider\w*|re-?check\w*|hmm+|actually|"
    r"(?:made|my) (?:a |an )?(?:mistake|error)|i (?:was|am) (?:wrong|mistaken)|never ?mind|"
    r"(?:that|this|it|which)(?:'s| is| was) (?:wrong|incorrect|false|a mistake)|second thoughts?|"
    r"changed my mind|take (?:it|that|this) back|disregard|ignore (?:that|this|the)|"
    r"(?:scrap|strike|forget) (?:that|this|it)|placeholder|забудь\w*|"
    r"стоп|погод\w+|подожд\w+|постой\w*|ошиб\w+|исправ\w+|на самом деле|передума\w+|вернее|точнее|"
    r"неверно|неправильно|отмен\w+)\b",
    re.IGNORECASE,
)
PRONOUNS = words_of("they it this these that all both we he she они это оно эти все оба")
CAN = words_of("can could may might могут может можно возможно")
IMPOSSIBLE = words_of("cannot can't couldn't не нельзя невозможно impossible")
