/* BX24: the library of applications inside a portal's frames. Part of Portico, Apache 2.0.
 * One file of ECMAScript 5, so that it runs wherever applications do. It talks to the page around the frame with messages
 *   command:parameters as JSON:id of the callback:session of the frame
 * and is answered with
 *   id of the callback:result as JSON */
(function (window, document) {
  'use strict'

  if (window.BX24) return

  var BX24 = window.BX24 = {}
  var params = { DOMAIN: '', PROTOCOL: 0, APP_SID: '', PATH: '/rest' }
  var callbacks = {} // id → { run, keep }
  var count = 0
  var loaded = false // the data of the portal is there
  var started = false // and the handlers of init were called
  var installing = false // handlers of install wait for installFinish
  var onInit = []
  var onInstall = []
  var onReady = []
  var domReady = document.readyState === 'complete' || document.readyState === 'interactive'
  var context = null
  var refreshing = null // callbacks that wait for a token that is on its way

  function isArray(v) { return Object.prototype.toString.call(v) === '[object Array]' }
  function isFunction(v) { return typeof v === 'function' }
  function isElement(v) { return !!v && typeof v === 'object' && v.nodeType === 1 }
  function isObject(v) { return !!v && typeof v === 'object' }
  function has(o, k) { return Object.prototype.hasOwnProperty.call(o, k) }

  function each(o, f) {
    if (isArray(o)) {
      for (var i = 0; i < o.length; i++) f(o[i], i)
      return
    }
    for (var k in o) if (has(o, k)) f(o[k], k)
  }

  function run(list) {
    var f
    while ((f = list.shift())) guarded(f)
  }

  // guarded keeps an error of one handler from the others.
  function guarded(f, args) {
    try {
      f.apply(window, args || [])
    } catch (err) {
      setTimeout(function () { throw err }, 0)
    }
  }

  // ---- messages ----

  function target() { return (params.PROTOCOL ? 'https' : 'http') + '://' + params.DOMAIN }

  // identify finds out which portal is around the frame: by the frame's name, or by the address that it opened.
  function identify() {
    var parts = String(window.name).split('|')
    var query = {}
    if (parts.length !== 3 || !parts[0] || !parts[2]) {
      each(location.search.slice(1).split('&'), function (pair) {
        var at = pair.indexOf('=')
        if (at > 0) query[pair.slice(0, at)] = decodeURIComponent(pair.slice(at + 1).replace(/\+/g, ' '))
      })
      parts = [query.DOMAIN || '', query.PROTOCOL || '', query.APP_SID || '']
    }
    params.DOMAIN = parts[0].replace(/:(80|443)$/, '')
    params.PROTOCOL = parseInt(parts[1], 10) === 1 ? 1 : 0
    params.APP_SID = parts[2]
  }

  function remember(f, keep) {
    var id = 'b' + (++count) + Math.random().toString(36).slice(2)
    callbacks[id] = { run: f, keep: keep }
    return id
  }

  function send(command, data, callback, keep) {
    var parts = [command]
    if (data !== undefined && data !== null && data !== '') parts.push(JSON.stringify(data))
    if (isFunction(callback)) parts.push(remember(callback, keep))
    parts.push(params.APP_SID)
    window.parent.postMessage(parts.join(':'), target())
  }

  function receive(event) {
    if (event.source !== window.parent || event.origin !== target() || typeof event.data !== 'string') return
    var at = event.data.indexOf(':')
    var id = at < 0 ? event.data : event.data.slice(0, at)
    var text = at < 0 ? '' : event.data.slice(at + 1)
    if (!has(callbacks, id)) return
    var args = []
    if (text) {
      try {
        args = [JSON.parse(text)]
      } catch (err) {
        return
      }
    }
    var callback = callbacks[id]
    if (!callback.keep) delete callbacks[id]
    guarded(callback.run, args)
  }

  // ---- the start ----

  function setAuth(data) {
    params.AUTH_ID = data.AUTH_ID
    params.REFRESH_ID = data.REFRESH_ID
    params.AUTH_EXPIRES = new Date().getTime() + parseInt(data.AUTH_EXPIRES, 10) * 1000
  }

  function begin(data) {
    each(data, function (v, k) {
      if (k !== 'DOMAIN' && k !== 'PROTOCOL' && k !== 'APP_SID') params[k] = v
    })
    setAuth(data)
    params.APP_OPTIONS = plain(data.APP_OPTIONS)
    params.USER_OPTIONS = plain(data.USER_OPTIONS)
    params.PLACEMENT_OPTIONS = plain(data.PLACEMENT_OPTIONS)
    loaded = true
    BX24.ready(start)
  }

  function plain(v) { return isObject(v) && !isArray(v) ? v : {} }

  function start() {
    if (params.FIRST_RUN && !params.INSTALL && !onInstall.length) send('setInstall', { install: true }, function () {})
    if ((params.FIRST_RUN || params.INSTALL) && onInstall.length) {
      installing = true
      run(onInstall)
      return
    }
    started = true
    run(onInit)
  }

  // whenLoaded calls f with the portal's data there, at once where it is.
  function whenLoaded(f) {
    if (loaded) f()
    else onLoad.push(f)
  }
  var onLoad = []

  // init calls a function when the portal's data is there and the page is ready.
  BX24.init = function (f) {
    if (!isFunction(f)) return
    if (started) guarded(f)
    else onInit.push(f)
  }

  // install sets what runs at the first start, of the application or by this user, before the handlers of init.
  BX24.install = function (f) {
    var handler = f
    if (typeof f === 'string') handler = function () { BX24.loadScript(f, BX24.installFinish) }
    if (isFunction(handler) && !started) onInstall.push(handler)
  }

  // installFinish ends the installation, or the first start by this user.
  BX24.installFinish = function () {
    if (!loaded) {
      whenLoaded(BX24.installFinish)
    } else if (params.INSTALL) {
      params.INSTALL = false
      send('setInstallFinish', {}, function () {})
    } else if (installing) {
      installing = false
      params.FIRST_RUN = false
      send('setInstall', { install: true }, function () {
        started = true
        run(onInit)
      })
    }
  }

  // ---- authorization ----

  BX24.getAuth = function () {
    if (!loaded || !(params.AUTH_EXPIRES > new Date().getTime())) return false
    return {
      access_token: params.AUTH_ID,
      refresh_token: params.REFRESH_ID,
      expires_in: params.AUTH_EXPIRES,
      domain: params.DOMAIN,
      member_id: params.MEMBER_ID
    }
  }

  BX24.refreshAuth = function (callback) {
    whenLoaded(function () {
      if (refreshing) {
        if (isFunction(callback)) refreshing.push(callback)
        return
      }
      refreshing = isFunction(callback) ? [callback] : []
      send('refreshAuth', {}, function (data) {
        var waiting = refreshing
        refreshing = null
        if (data && data.AUTH_ID) setAuth(data)
        each(waiting, function (f) { guarded(f, [BX24.getAuth()]) })
      })
    })
  }

  // ---- methods ----

  function encode(data, prefix, out) {
    out = out || []
    each(data, function (v, k) {
      var name = prefix ? prefix + '[' + k + ']' : String(k)
      if (isFunction(v) || v === undefined) return
      if (v instanceof Date) v = v.toISOString()
      if (isObject(v)) {
        var before = out.length
        encode(v, name, out)
        if (out.length === before) out.push(encodeURIComponent(name) + '=')
        return
      }
      if (v === null) v = ''
      if (v === true) v = '1'
      if (v === false) v = '0'
      out.push(encodeURIComponent(name) + '=' + encodeURIComponent(v))
    })
    return out
  }

  // readElement gives what a field of a form holds; files as [name, content in base64].
  function readElement(el, done) {
    if (el.type === 'file') {
      var left = el.files.length
      var files = []
      if (!left) return done(undefined)
      each([].slice.call(el.files), function (file, i) {
        var reader = new FileReader()
        reader.onload = reader.onerror = function () {
          files[i] = [file.name, String(reader.result || '').split(',')[1] || '']
          if (--left === 0) done(el.multiple ? files : files[0])
        }
        reader.readAsDataURL(file)
      })
    } else if ((el.type === 'checkbox' || el.type === 'radio') && !el.checked) {
      done(undefined)
    } else if (el.type === 'select-multiple') {
      var values = []
      each([].slice.call(el.options), function (o) { if (o.selected) values.push(o.value) })
      done(values)
    } else {
      done(el.value)
    }
  }

  // collect copies data with the fields of forms in it replaced by what they hold.
  function collect(data, done) {
    if (isElement(data)) return readElement(data, done)
    if (!isObject(data) || data instanceof Date) return done(data)
    var out = isArray(data) ? [] : {}
    var left = 1
    function finish() { if (--left === 0) done(out) }
    each(data, function (v, k) {
      left++
      collect(v, function (got) {
        out[k] = got
        finish()
      })
    })
    finish()
  }

  // CallError is why a call was refused: the HTTP status, and ex with the documented error and error_description.
  function CallError(status, ex) {
    this.status = status
    this.ex = ex
  }
  CallError.prototype = {
    getError: function () { return this.ex },
    getStatus: function () { return this.status },
    toString: function () {
      return this.ex.error + (this.ex.error_description ? ': ' + this.ex.error_description : '') + ' (' + this.status + ')'
    }
  }

  // Result is what the callback of a call gets.
  function Result(answer, query, status) {
    var e = answer.error
    this.answer = answer
    this.query = query
    this.status = status
    if (e !== undefined && e !== null) {
      this.answer.ex = new CallError(status, typeof e === 'object'
        ? { error: e.error || e.code, error_description: e.error_description || e.message || '' }
        : { error: e, error_description: answer.error_description || '' })
    }
  }
  Result.prototype = {
    data: function () { return this.answer.result },
    error: function () { return this.answer.ex },
    error_description: function () { return this.answer.ex ? this.answer.ex.ex.error_description : undefined },
    more: function () { return this.answer.next !== undefined && !isNaN(this.answer.next) },
    total: function () { return parseInt(this.answer.total, 10) },
    time: function () { return this.answer.time },
    next: function (callback) {
      if (!this.more()) return false
      var data = {}
      each(this.query.data, function (v, k) { data[k] = v })
      data.start = this.answer.next
      return call(this.query.method, data, isFunction(callback) ? callback : this.query.callback)
    }
  }

  function parse(xhr) {
    var answer
    try {
      answer = JSON.parse(xhr.responseText)
    } catch (err) {
      answer = null
    }
    if (isObject(answer)) return answer
    return { error: 'ERROR_UNEXPECTED_ANSWER', error_description: xhr.status ? 'The answer is no JSON' : 'The portal did not answer' }
  }

  // call sends a call and renews the token first where it is old, or afterwards where the portal says so.
  function call(method, data, callback) {
    var xhr = new XMLHttpRequest()
    var query = { method: method, data: data || {}, callback: callback }
    collect(query.data, function (values) { post(xhr, query, encode(values), false) })
    return xhr
  }

  function post(xhr, query, fields, renewed) {
    if (!renewed && !BX24.getAuth()) {
      return BX24.refreshAuth(function () { post(xhr, query, fields, true) })
    }
    xhr.open('POST', target() + params.PATH + '/' + encodeURIComponent(query.method) + '.json')
    xhr.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded')
    xhr.onload = xhr.onerror = function () {
      var answer = parse(xhr)
      if (!renewed && (answer.error === 'expired_token' || answer.error === 'invalid_token')) {
        return BX24.refreshAuth(function () { post(xhr, query, fields, true) })
      }
      if (isFunction(query.callback)) query.callback.call(window, new Result(answer, query, xhr.status))
    }
    xhr.send(fields.concat('auth=' + encodeURIComponent(params.AUTH_ID || '')).join('&'))
  }

  BX24.callMethod = function (method, data, callback) {
    if (!loaded) return whenLoaded(function () { call(method, data, callback) })
    return call(method, data, callback)
  }

  // split spreads the answer of a batch over its calls.
  function split(batch, queries, list) {
    var results = list ? [] : {}
    var failed = batch.error()
    var answers = batch.data() || {}
    function part(name, key) {
      var all = answers[name]
      return isObject(all) ? all[key] : undefined
    }
    each(queries, function (query, key) {
      var answer = failed ? { error: failed.ex } : {
        result: part('result', key), error: part('result_error', key), total: part('result_total', key),
        next: part('result_next', key), time: part('result_time', key)
      }
      results[key] = new Result(answer, query, batch.status)
    })
    return results
  }

  BX24.callBatch = function (calls, callback, halt) {
    var list = isArray(calls)
    var queries = list ? [] : {}
    each(calls, function (c, key) {
      queries[key] = isArray(c) ? { method: c[0], data: c[1] || {} } : { method: c.method, data: c.params || c.data || {} }
      queries[key].callback = callback
    })
    collect(queries, function (ready) {
      var cmd = list ? [] : {}
      each(ready, function (q, key) { cmd[key] = q.method + '?' + encode(q.data).join('&') })
      BX24.callMethod('batch', { halt: halt ? 1 : 0, cmd: cmd }, function (batch) {
        if (isFunction(callback)) callback.call(window, split(batch, queries, list))
      })
    })
  }

  function binding(method) {
    return function (event, handler, authType, callback) {
      var data = { event: event, handler: handler }
      if (isFunction(authType)) callback = authType
      else if (authType !== undefined && authType !== null) data.auth_type = authType
      return BX24.callMethod(method, data, callback)
    }
  }
  BX24.callBind = binding('event.bind')
  BX24.callUnbind = binding('event.unbind')

  // ---- options ----

  function options(store, command) {
    return {
      get: function (name) { return loaded ? params[store][name] : undefined },
      set: function (name, value, callback) {
        whenLoaded(function () {
          params[store][name] = value
          send(command, { name: name, value: value }, function (data) {
            if (isObject(data) && !isArray(data) && !data.error) params[store] = data
            if (isFunction(callback)) callback(data && data.error ? data : params[store])
          })
        })
      }
    }
  }
  BX24.userOption = options('USER_OPTIONS', 'setUserOption')
  BX24.appOption = options('APP_OPTIONS', 'setAppOption')

  // ---- dialogs of the portal ----

  // ask sends a command whose last argument is the callback, and a title may come first.
  function ask(args, fill) {
    var list = [].slice.call(args)
    var callback = isFunction(list[list.length - 1]) ? list.pop() : null
    var data = {}
    if (typeof list[0] === 'string') data.title = list.shift()
    whenLoaded(function () { fill(data, list[0], callback) })
  }

  function person(u) {
    u.id = parseInt(u.id, 10)
    return u
  }

  BX24.selectUser = function () {
    ask(arguments, function (data, _, callback) {
      data.mult = false
      send('selectUser', data, function (u) { if (callback && isObject(u)) callback(person(u)) })
    })
  }

  BX24.selectUsers = function () {
    ask(arguments, function (data, _, callback) {
      data.mult = true
      send('selectUser', data, function (users) {
        var out = []
        each(users, function (u) { out.push(person(u)) })
        if (callback) callback(out)
      })
    })
  }

  BX24.selectAccess = function () {
    ask(arguments, function (data, value, callback) {
      data.value = isArray(value) ? value : []
      send('selectAccess', data, callback || function () {})
    })
  }

  BX24.selectCRM = function () {
    ask(arguments, function (data, value, callback) {
      each(isObject(value) ? value : {}, function (v, k) { data[k] = v })
      send('selectCRM', data, callback || function () {})
    })
  }

  // ---- window and navigation ----

  function command(name, data, callback) {
    whenLoaded(function () { send(name, data, isFunction(callback) ? callback : null) })
  }

  BX24.isAdmin = function () { return !!params.IS_ADMIN }
  BX24.getLang = function () { return params.LANG }
  BX24.getDomain = function () { return params.DOMAIN }

  BX24.getScrollSize = function () {
    var html = document.documentElement
    var body = document.body || html
    return {
      scrollWidth: Math.max(body.scrollWidth, body.offsetWidth, html.offsetWidth),
      scrollHeight: Math.max(body.scrollHeight, body.offsetHeight, html.offsetHeight)
    }
  }

  BX24.resizeWindow = function (width, height, callback) {
    if (width !== '100%') width = parseInt(width, 10) || 100
    height = parseInt(height, 10)
    if (height > 0) command('resizeWindow', { width: width, height: height }, callback)
  }

  BX24.fitWindow = function (callback) {
    BX24.ready(function () { BX24.resizeWindow('100%', BX24.getScrollSize().scrollHeight, callback) })
  }

  BX24.reloadWindow = function (callback) { command('reloadWindow', {}, callback) }
  BX24.setTitle = function (title, callback) { command('setTitle', { title: String(title) }, callback) }

  BX24.scrollParentWindow = function (scroll, callback) {
    scroll = parseInt(scroll, 10)
    if (!isNaN(scroll)) command('setScroll', { scroll: scroll }, callback)
  }

  BX24.openApplication = function (data, closed, settings) {
    if (isFunction(data)) {
      settings = closed
      closed = data
      data = {}
    }
    var all = {}
    each(isObject(data) ? data : {}, function (v, k) { all[k] = v })
    each(isObject(settings) ? settings : {}, function (v, k) { all['bx24_' + k] = v })
    command('openApplication', all, closed)
  }

  BX24.closeApplication = function (callback) { command('closeApplication', {}, callback) }
  BX24.openPath = function (path, callback) { command('openPath', { path: String(path) }, callback) }

  BX24.im = {
    callTo: function (userId, video) { command('imCallTo', { userId: userId, video: !!video }) },
    phoneTo: function (phone) { command('imPhoneTo', { phone: String(phone) }) },
    openMessenger: function (dialogId) { command('imOpenMessenger', { dialogId: dialogId }) },
    openHistory: function (dialogId) { command('imOpenHistory', { dialogId: dialogId }) }
  }

  // Messenger is what pages reach through BX.Runtime.loadExtension('im.public.iframe').
  function promised(name, fill) {
    return function () {
      var data = fill.apply(null, arguments)
      return new window.Promise(function (resolve) { command(name, data, resolve) })
    }
  }
  var messenger = {
    openChat: promised('imOpenMessenger', function (dialogId, messageId) { return { dialogId: dialogId, messageId: messageId } }),
    startVideoCall: promised('imCallTo', function (dialogId, video) { return { userId: dialogId, video: video !== false } }),
    startPhoneCall: promised('imPhoneTo', function (phone, more) { return { phone: String(phone), params: more } })
  }
  if (!window.BX && window.Promise) {
    window.BX = function (id) { return typeof id === 'string' ? document.getElementById(id) : id }
    window.BX.Runtime = {
      loadExtension: function (name) {
        if (name === 'im.public.iframe') return window.Promise.resolve({ Messenger: messenger })
        return window.Promise.reject(new Error('There is no extension ' + name + ' in an application’s frame.'))
      }
    }
  }

  // ---- placement ----

  BX24.placement = {
    info: function () { return { placement: params.PLACEMENT, options: params.PLACEMENT_OPTIONS } },
    getInterface: function (callback) { command('getInterface', {}, callback) },
    call: function (name, data, callback) {
      if (isFunction(data)) {
        callback = data
        data = {}
      }
      whenLoaded(function () {
        if (name.indexOf(':') < 0) return send(name, data, isFunction(callback) ? callback : function () {})
        // A name with a colon would not survive in a line, so it goes as an object.
        window.parent.postMessage({
          method: name, params: data || '', callback: remember(isFunction(callback) ? callback : function () {}), appSid: params.APP_SID
        }, target())
      })
    },
    bindEvent: function (event, callback) {
      if (isFunction(callback)) whenLoaded(function () { send('placementBindEvent', { event: event }, callback, true) })
    }
  }

  // ---- the page ----

  BX24.ready = function (f) {
    if (!isFunction(f)) return
    if (domReady) guarded(f)
    else onReady.push(f)
  }

  BX24.isReady = function () { return domReady }

  var aliases = {
    mousewheel: ['DOMMouseScroll'],
    transitionend: ['webkitTransitionEnd', 'msTransitionEnd', 'oTransitionEnd']
  }

  function names(event) { return [event].concat(has(aliases, event) ? aliases[event] : []) }

  BX24.bind = function (el, event, f) {
    if (!el || !el.addEventListener) return
    each(names(event), function (name) { el.addEventListener(name, f, false) })
  }

  BX24.unbind = function (el, event, f) {
    if (!el || !el.removeEventListener) return
    each(names(event), function (name) { el.removeEventListener(name, f, false) })
  }

  var proxies = [] // { f, self, proxy }

  BX24.proxy = function (f, self) {
    if (!isFunction(f) || !self) return f
    for (var i = 0; i < proxies.length; i++) {
      if (proxies[i].f === f && proxies[i].self === self) return proxies[i].proxy
    }
    var proxy = function () {
      var outer = context
      context = this
      try {
        return f.apply(self, arguments)
      } finally {
        context = outer
      }
    }
    proxies.push({ f: f, self: self, proxy: proxy })
    return proxy
  }

  BX24.proxyContext = function () { return context }

  BX24.loadScript = function (scripts, callback) {
    var list = isArray(scripts) ? scripts.slice() : [scripts]
    function next() {
      if (!list.length) return isFunction(callback) && callback()
      var el = document.createElement('script')
      el.src = list.shift()
      el.onload = el.onerror = next
      document.getElementsByTagName('head')[0].appendChild(el)
    }
    BX24.ready(next)
  }

  // ---- go ----

  function pageReady() {
    if (domReady && !onReady.length) return
    domReady = true
    run(onReady)
  }
  document.addEventListener('DOMContentLoaded', pageReady, false)
  window.addEventListener('load', pageReady, false)

  identify()
  if (window.parent === window || !params.DOMAIN || !params.APP_SID) {
    if (window.console) console.warn('BX24: this page is not in the frame of a portal, so nothing will answer it.')
    return
  }
  window.addEventListener('message', receive, false)
  send('getInitData', {}, function (data) {
    if (!isObject(data)) return
    begin(data)
    run(onLoad)
  })
})(window, document)
