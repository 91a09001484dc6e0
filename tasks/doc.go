// Package tasks says what is asked of a model and how answers are judged: one file a task, and the list of all of them.
//
//   - [Task]: a value with the places of the data, a reader, a prompt, a judge, a generator of stand-in items and the metrics.
//   - [All], [ByName]: the tasks. [Suites], [Suite], [Group]: what is run together and what is averaged.
//   - [Metric], [Fold]: how values of samples become one number: a mean, sums over the corpus, or a fold of each group that shares a tag.
//   - [Request], [Prompt], [Letters], [Image]: a question, free of any model's template. [Prompt.Text] is how a base model gets it.
//   - [Answer], [Verdict]: what the model did and what the task makes of it.
//   - [Task.Load], [Loaded], [Sample]: the records of a task with their worked examples, stable ids, hashes and seeds.
//   - [PolysemySense], [PolysemyPair], [TranslateEnZh], [SummaryNews] and others: families whose built-in sets are grammars, fresh with each seed.
//   - [Rules]: how answers are found in free text.
//   - [LoadUser]: a task that is a YAML file beside its data. [Task.Export]: generated items as a file.
//   - [Shots], [Chance]: worked examples from a training split; the accuracy of guessing.
//   - [C3], [ChID], [CLUENER], [CMNLI], [CSL], [CSLDCP], [TNEWS], [AFQMC] and others: sets of CLUE and FewCLUE.
//   - [Segmentation], [SegmentationControl], [Idiom], [ChIDText], [CSLText], [MorDis], [SUDA], [MCLWiC]: word boundaries, idioms, texts and word senses.
//   - [Novel1K] to [Novel100K], [NovelClosed], [NovelForget], [NovelForgetShort]: questions on novels that package novel writes.
//   - [NovelReal], [NovelMemory]: details put into renamed classical novels, and the control with the original names.
//   - [ContractExtract], [ContractChoice]: clauses of contracts that package contract writes.
//   - [FinanceNumber], [FinanceChoice], [FinanceTerm], [FinanceExplain]: arithmetic and terms of package finance.
//
// It does not know any engine, tokenizer or report, and it does not run anything. Prompts are Go functions whose output is kept as
// goldens; judges are pure, so that saved answers can be judged again.
//
//	t, _ := tasks.ByName("tnews")
//	data, err := t.Load(tasks.LoadOptions{Dirs: []string{"data"}, Seed: 1, Shots: t.Shots})
//	for _, s := range data.Samples {
//		request := t.Prompt(s.Record, s.Shots)
//		answer := ... // ask the model
//		verdict := t.Judge(s.Record, answer)
//	}
package tasks
