package bbcode

// user resolves the person with id; the zero Mention where nobody is known.
func (o *Options) user(id int64) Mention {
	if o.User == nil || id == 0 {
		return Mention{}
	}
	if m, ok := o.User(id); ok {
		return m
	}
	return Mention{}
}

// file resolves the file with id.
func (o *Options) file(id int64) Mention {
	if o.File == nil || id == 0 {
		return Mention{}
	}
	if m, ok := o.File(id); ok {
		return m
	}
	return Mention{}
}

// mention resolves what the tag t of a person, a chat or a message refers to.
func (o *Options) mention(t *token) Mention {
	switch t.tag {
	case tagUser:
		return o.user(parseUser(t.arg).id)
	case tagChat:
		id := parseChat(t.arg)
		if o.Chat == nil || id == "" {
			return Mention{}
		}
		if m, ok := o.Chat(id); ok {
			return m
		}
	case tagContext:
		dialog, id := parseContext(t.arg)
		if o.Message == nil || id == 0 {
			return Mention{}
		}
		if m, ok := o.Message(dialog, id); ok {
			return m
		}
	}
	return Mention{}
}
