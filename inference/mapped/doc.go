// Package mapped opens weight files as read-only bytes: by memory mapping where the system has it (unix), by reading the
// whole file elsewhere.
//
// [Open] returns a [File]; its Data is the file's bytes until Close. A mapping costs no memory of its own: pages come from
// the page cache when they are touched. The price is that a file that shrinks while it is mapped makes the process fault at the
// missing page, so weight files must not be changed in place while they are in use.
//
// The package knows nothing of what is in the files.
//
//	f, err := mapped.Open("model.gguf")
//	if err != nil { ... }
//	defer f.Close()
//	magic := f.Data()[:4]
package mapped
