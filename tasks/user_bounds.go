package tasks

import (
	"bytes"
	"errors"
	"fmt"
	"text/template/parse"

	"github.com/goccy/go-yaml/ast"
)

// Bounds on what a few bytes of a task file can stand for.
const (
	maxAliased    = 100_000 // nodes of the largest anchor, times the aliases
	maxPromptText = 16 << 20
)

// walker calls a function for every node.
type walker func(ast.Node)

func (w walker) Visit(n ast.Node) ast.Visitor {
	w(n)
	return w
}

// checkAliases refuses aliases inside of anchors, each level of which doubles what the file stands for, and too many of large anchors.
func (u *userTask) checkAliases() error {
	var aliases, largest int
	var nested ast.Node
	for _, doc := range u.tree.Docs {
		if doc.Body == nil {
			continue
		}
		ast.Walk(walker(func(n ast.Node) {
			switch n := n.(type) {
			case *ast.AliasNode:
				aliases++
			case *ast.AnchorNode:
				if nested != nil || n.Value == nil {
					return
				}
				size := 0
				ast.Walk(walker(func(in ast.Node) {
					size++
					switch in.(type) {
					case *ast.AliasNode, *ast.AnchorNode:
						nested = in
					}
				}), n.Value)
				largest = max(largest, size)
			}
		}), doc.Body)
	}
	if nested != nil {
		return fmt.Errorf("tasks: %s:%d: an alias or anchor inside an anchor", u.path, nested.GetToken().Position.Line)
	}
	if aliases*largest > maxAliased {
		return fmt.Errorf("tasks: %s: aliases stand for more than a task needs", u.path)
	}
	return nil
}

// templateFuncs are the functions that a prompt may call. None makes a text longer: those that do, chained, fill the memory.
var templateFuncs = map[string]bool{
	"and": true, "or": true, "not": true, "eq": true, "ne": true, "lt": true, "le": true, "gt": true, "ge": true, "len": true, "index": true, "slice": true,
}

// checkTemplate refuses what lets a short template run for ever: loops, calls of templates, functions that make texts longer.
func checkTemplate(n parse.Node) error {
	var errs []error
	branch := func(b parse.BranchNode) error {
		err := errors.Join(checkTemplate(b.Pipe), checkTemplate(b.List))
		if b.ElseList != nil {
			err = errors.Join(err, checkTemplate(b.ElseList))
		}
		return err
	}
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		for _, c := range n.Nodes {
			errs = append(errs, checkTemplate(c))
		}
	case *parse.RangeNode:
		return errors.New("{{range}} is not for prompts: columns are texts")
	case *parse.TemplateNode:
		return errors.New("{{template}} is not for prompts")
	case *parse.IfNode:
		return branch(n.BranchNode)
	case *parse.WithNode:
		return branch(n.BranchNode)
	case *parse.ActionNode:
		return checkTemplate(n.Pipe)
	case *parse.PipeNode:
		if n == nil {
			return nil
		}
		for _, c := range n.Cmds {
			errs = append(errs, checkTemplate(c))
		}
	case *parse.CommandNode:
		for _, c := range n.Args {
			errs = append(errs, checkTemplate(c))
		}
	case *parse.ChainNode:
		return checkTemplate(n.Node)
	case *parse.IdentifierNode:
		if !templateFuncs[n.Ident] {
			return fmt.Errorf("function %s is not for prompts", n.Ident)
		}
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// A boundedText collects a prompt of at most maxPromptText bytes.
type boundedText struct{ bytes.Buffer }

func (b *boundedText) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxPromptText {
		return 0, fmt.Errorf("a prompt of more than %d bytes", maxPromptText)
	}
	return b.Buffer.Write(p)
}
