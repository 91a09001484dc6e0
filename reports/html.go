package reports

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
)

// PageOptions say how a page is made. The zero value works.
type PageOptions struct {
	Static bool // pictures only, also where ECharts is built in
}

// A phrase is a text of a page in both languages. Texts of data are the same in both.
type phrase struct{ ZH, EN string }

func same(s string) phrase { return phrase{s, s} }

// HTML is the phrase as it stands in a page, which shows one language at a time.
func (p phrase) HTML() template.HTML {
	escape := func(s string) string { return template.HTMLEscapeString(oneLine(s)) }
	if p.ZH == p.EN {
		return template.HTML(escape(p.EN))
	}
	return template.HTML(`<span lang="zh">` + escape(p.ZH) + `</span><span lang="en">` + escape(p.EN) + `</span>`)
}

// A pageTable is a table of a page. Rows are as long as Head.
type pageTable struct {
	ID      string
	Caption phrase
	Head    []column
	Rows    [][]phrase
}

type column struct {
	Name   phrase
	Number bool // cells are numbers
}

// A figure is a chart, with its numbers as a table.
type figure struct {
	ID      string // letters, digits and hyphens
	Caption phrase
	Note    phrase // what is to be seen in it, or nothing
	Picture template.HTML
	Options template.JS // of ECharts; "" without it
	Table   pageTable
}

// newFigure draws a chart for a page.
func newFigure(f figure, c chart, o PageOptions) (figure, error) {
	var err error
	if f.Picture, err = c.picture(); err != nil {
		return f, err
	}
	if !o.Static && scriptOfCharts() != "" {
		f.Options, err = c.options()
	}
	return f, err
}

//go:embed page
var pageFiles embed.FS

// writePage writes a page that needs nothing but itself: content is the file in page that defines "content", which gets data as its dot.
// The page's own security policy lets no other script run and nothing be loaded. Nothing is written if anything fails.
func writePage(w io.Writer, title phrase, content string, data any, o PageOptions) error {
	read := func(name string) string {
		b, err := pageFiles.ReadFile("page/" + name)
		if err != nil {
			panic(err) // a file of this package
		}
		return string(b)
	}
	t, err := template.New("page").Funcs(template.FuncMap{
		"both": func(zh, en string) template.HTML { return phrase{zh, en}.HTML() },
	}).Parse(read("page.gohtml"))
	if err == nil {
		t, err = t.Parse(read(content))
	}
	if err != nil {
		return fmt.Errorf("reports: page: %w", err)
	}
	page := struct {
		Title  phrase
		Policy string
		Style  template.CSS
		Charts template.JS // ECharts, or nothing
		Script template.JS
		Data   any
	}{Title: title, Style: template.CSS(read("page.css")), Script: template.JS(read("page.js")), Data: data}
	if !o.Static {
		page.Charts = template.JS(scriptOfCharts())
	}
	scripts := []string{scriptHash([]byte(page.Script))}
	if page.Charts != "" {
		scripts = append(scripts, scriptHash([]byte(page.Charts)))
	}
	// Styles may stand in elements: both kinds of charts have them there.
	page.Policy = "default-src 'none'; script-src " + strings.Join(scripts, " ") + "; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
	var buf bytes.Buffer
	if err := t.ExecuteTemplate(&buf, "page", page); err != nil {
		return fmt.Errorf("reports: page: %w", err)
	}
	_, err = w.Write(buf.Bytes())
	return err
}

// scriptHash names a script in a security policy.
func scriptHash(script []byte) string {
	sum := sha256.Sum256(script)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
