// Among pages that match equally, the guides that answer questions come first, and what is for maintainers last.
const FIRST = ["docs/troubleshooting", "docs/cookbook"];
const LAST = ["CHANGELOG", "CONTRIBUTING", "docs/architecture"];
var Scorer = {
  score: ([page, , , , score]) => score + (FIRST.includes(page) ? 1 : 0) - (LAST.includes(page) ? 1 : 0),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
