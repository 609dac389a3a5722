package bbcode

// plainWriter writes tokens as text without marks.
type plainWriter struct {
	opt *Options
	out []byte

	lists   []list // that are open, the outermost first
	pending bool   // a list has ended: what follows is on a line of its own
}

// tokens writes the tokens from the one at from.
func (p *plainWriter) tokens(tokens []token, from int) {
	for i := from; i < len(tokens); i++ {
		t := &tokens[i]
		if p.pending {
			p.pending = false
			p.block()
		}
		if p.opt.Lists && p.listToken(t) {
			continue
		}
		switch t.kind {
		case plain:
			p.out = append(p.out, t.src...)
		case newline:
			p.out = append(p.out, '\n')
		case quoteStart, quoteEnd:
			p.block()
		case open:
			label := p.label(t, t.match == i+1)
			if label != "" {
				p.out = append(p.out, label...)
				i = t.match
			}
		case atom:
			p.out = append(p.out, p.atom(t)...)
		}
	}
	if n := len(p.out); n > 0 && p.out[n-1] == '\n' && len(tokens) > 0 && tokens[len(tokens)-1].kind == quoteEnd {
		p.out = p.out[:n-1]
	}
}

// block starts a new line unless one has just started.
func (p *plainWriter) block() {
	if n := len(p.out); n > 0 && p.out[n-1] != '\n' {
		p.out = append(p.out, '\n')
	}
}

// label returns what stands for the pair t in place of its content; "" where the content does.
func (p *plainWriter) label(t *token, empty bool) string {
	switch t.tag {
	case tagUser:
		if empty || parseUser(t.arg).replace {
			return p.opt.mention(t).Name
		}
	case tagChat, tagContext:
		if empty {
			return p.opt.mention(t).Name
		}
	case tagURL, tagSend, tagPut, tagCall:
		if empty {
			return t.arg
		}
	}
	return ""
}

func (p *plainWriter) atom(t *token) string {
	switch t.tag {
	case tagIcon:
		return parseIcon(t.arg).title
	case tagTime:
		if _, shown, ok := parseTime(t.arg, p.opt.Location); ok {
			return shown
		}
	case tagDisk:
		if m := p.opt.file(parseID(t.arg)); m.Name != "" {
			return m.Name
		}
	default:
		return t.body
	}
	return t.src
}
