package report

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
)

// Proof is a call of a method, or one that prepares others.
type Proof struct {
	File   string
	Line   int
	Save   string          // the name under which the result is kept for the parameters of later calls; may be empty
	Part   string          // what of the result is kept, as keys with dots between them; empty: all of it
	Method string          // as in its address: a method of REST 3.0 begins with api/
	As     string          // who calls: a name that the test knows
	Params json.RawMessage // an object; "$name" in it stands for a kept result, as does ${name} inside a text
	Code   string          // the error that the call provokes; empty: it must succeed
}

// Proofs returns the calls of all files in their order. A line is
//
//	[name[:part] =] method who {parameters} [CODE]
func Proofs() ([]Proof, error) {
	names, err := fs.Glob(files, "proofs/*.txt")
	if err != nil {
		return nil, err
	}
	var out []Proof
	for _, name := range names {
		raw, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		for i, line := range strings.Split(string(raw), "\n") {
			if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			p, err := parseProof(line)
			if err != nil {
				return nil, fmt.Errorf("%s, line %d: %w", name, i+1, err)
			}
			p.File, p.Line = name, i+1
			out = append(out, p)
		}
	}
	return out, nil
}

func parseProof(line string) (Proof, error) {
	var p Proof
	open, end := strings.IndexByte(line, '{'), strings.LastIndexByte(line, '}')
	if open < 0 || end < open {
		return p, fmt.Errorf("no parameters in %q", line)
	}
	head := strings.Fields(line[:open])
	if len(head) == 4 && head[1] == "=" {
		p.Save, p.Part, _ = strings.Cut(head[0], ":")
		head = head[2:]
	}
	if len(head) != 2 {
		return p, fmt.Errorf("want [name =] method who {…} [CODE] in %q", line)
	}
	p.Method, p.As, p.Params, p.Code = head[0], head[1], json.RawMessage(line[open:end+1]), strings.TrimSpace(line[end+1:])
	if !json.Valid(p.Params) {
		return p, fmt.Errorf("parameters of %q are no JSON", line)
	}
	return p, nil
}

// codesByMethod returns what the proofs provoke, by the method's name in lower case.
func codesByMethod(proofs []Proof) map[string][]string {
	out := map[string][]string{}
	for _, p := range proofs {
		if p.Code != "" {
			key := strings.ToLower(p.Method)
			out[key] = append(out[key], p.Code)
		}
	}
	return out
}
