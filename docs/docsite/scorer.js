// Who searches for a sentence has a message before them, and troubleshooting has them all. Among other pages that match
// equally, the guides that answer questions come first, and what is for maintainers last.
const sentence = (new URLSearchParams(location.search).get("q") || "").trim().split(/\s+/).length > 3;
const BONUS = {
  "docs/troubleshooting": sentence ? 20 : 2,
  "docs/cookbook": 1,
  "docs/architecture": -1,
  CHANGELOG: -1,
  CONTRIBUTING: -1,
};
var Scorer = {
  score: ([page, , , , score]) => score + (BONUS[page] || 0),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
