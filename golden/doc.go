// Package golden keeps expected outputs in files and compares with them.
//
// [Check] compares bytes with testdata/golden/NAME of the calling package. Running the tests of one package with
// -update rewrites its files:
//
//	go test ./reports -update
//
// A package that does not import golden rejects the flag, so packages are updated one at a time and every golden is
// reviewed like code. [Shared], [Model] and [Jieba] find reference material, real models and a dictionary that tests may use
// and must not require; they skip the test with the reason when it is absent.
//
// The package is imported by tests only and imports nothing of ours.
package golden
