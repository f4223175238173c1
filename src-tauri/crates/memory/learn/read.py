"""Gathers the documentation on this machine for learn.py: `python3 read.py corpus.jsonl`, lines of [title, paragraph]."""
import os,re,sys,json,gzip,html,hashlib,glob,ast
H=os.path.expanduser
seen=set()
out=open(sys.argv[1],'w')
stats={}
cur='?'
ws=re.compile(r'\s+')
def emit(title,text):
    text=ws.sub(' ',text).strip(); title=ws.sub(' ',title or '').strip()[:200]
    if len(text)<40: return
    # mostly ascii, mostly words
    letters=sum(c.isascii() and (c.isalpha() or c==' ') for c in text)
    if letters<0.7*len(text): return
    k=hashlib.md5(text.lower().encode()).digest()[:8]
    if k in seen: return
    seen.add(k)
    out.write(json.dumps([title,text[:3000]])+'\n')
    s=stats.setdefault(cur,[0,0]); s[0]+=1; s[1]+=len(text)
fence=re.compile(r'```.*?(```|\Z)|~~~.*?(~~~|\Z)',re.S)
link=re.compile(r'!?\[([^\]]*)\]\([^)]*\)|\[([^\]]*)\]\[[^\]]*\]')
def md(text,title=''):
    text=fence.sub('\n',text)
    text=re.sub(r'<!--.*?-->','',text,flags=re.S)
    text=link.sub(lambda m:m.group(1) or m.group(2) or '',text)
    text=re.sub(r'<[^>]{1,200}>',' ',text)
    text=re.sub(r'^\[[^\]]+\]:.*$','',text,flags=re.M)
    t=title; buf=[]
    for block in re.split(r'\n\s*\n|\n(?=#)|\n(?=\s*[-*] )',text):
        b=block.strip()
        m=re.match(r'#+\s*(.*)',b)
        if m:
            t=m.group(1).split('\n')[0]
            b=b[m.end():]
        b=b.replace('`','').replace('**','')
        if b.startswith('    ') or b.startswith('|'): continue
        emit(t,b)
tag=re.compile(r'<(h[1-6])[^>]*>(.*?)</\1>|<(p|li|dd|dt)[^>]*>(.*?)(?=</\3>|<p|<li|<dd|<dt|<h[1-6])',re.S)
strip=re.compile(r'<[^>]*>')
def htm(text):
    text=re.sub(r'<pre.*?</pre>|<script.*?</script>|<nav.*?</nav>|<style.*?</style>','',text,flags=re.S)
    t=''
    for m in tag.finditer(text):
        if m.group(1): t=html.unescape(strip.sub('',m.group(2)))
        else: emit(t,html.unescape(strip.sub('',m.group(4))))
def read(p,lim=3_000_000):
    try:
        op=gzip.open if p.endswith('.gz') else open
        with op(p,'rb') as f: return f.read(lim).decode('utf8','ignore')
    except Exception: return ''
def walk(root,exts,skip=()):
    for d,ds,fs in os.walk(root):
        ds[:]=[x for x in ds if x not in skip]
        for f in fs:
            if f.endswith(exts): yield os.path.join(d,f)
# 1 rust docs
cur='rustdocs'
R=glob.glob(H('~/.rustup/toolchains/1.95.0*/share/doc/rust/html'))[0]
for b in 'book cargo clippy edition-guide embedded-book error_codes nomicon reference rust-by-example rustc rustdoc style-guide unstable-book'.split():
    for p in walk(f'{R}/{b}',('.html',)):
        if p.endswith('print.html'): continue
        htm(read(p))
cur='releases'; md(read(f'{R}/releases.md'))
cur='std'
for b in ['std','proc_macro','test','core/arch' ]:
    for p in walk(f'{R}/{b}',('.html',)):
        if '/arch/' in p or '/simd/' in p: continue
        t=read(p,400_000)
        i=t.find('id="trait-implementations"')
        htm(t if i<0 else t[:i])
# 2 rust crates
cur='crates'
seenc=set()
for c in sorted(glob.glob(H('~/.cargo/registry/src/*/*'))):
    name=re.sub(r'-\d[^/]*$','',os.path.basename(c))
    if name.startswith(('windows','winapi','objc2')) : continue
    for p in walk(c,('.md','.rs'),('tests','benches','target','vendor')):
        t=read(p,1_000_000)
        if p.endswith('.md'): md(t); continue
        buf=[];lines=t.split('\n')
        for i,l in enumerate(lines):
            s=l.strip()
            if s.startswith(('///','//!')) :
                buf.append(s[3:][1:] if s[3:4]==' ' else s[3:])
            elif s.startswith('// ') and not s.startswith('// SPDX'):
                buf.append(s[3:])
            elif buf:
                if s.startswith('#['): continue
                m=re.search(r'\b(?:fn|struct|enum|trait|mod|type|const|static|macro_rules!)\s+(\w+)|^(\w+)\s*[,({:]',s)
                name=(m.group(1) or m.group(2)) if m else ''
                md('\n'.join(buf),name)
                buf=[]
# 3 node, js
cur='nodedoc'
for p in walk('/usr/share/doc/nodejs',('.md','.md.gz')): md(read(p))
cur='js'
REPO=os.path.join(os.path.dirname(os.path.abspath(__file__)),'../../../..')
roots=[REPO+'/ui/node_modules',REPO+'/node_modules',REPO+'/tests/engines/node_modules','/usr/lib/node_modules']
jsdoc=re.compile(r'/\*\*(.*?)\*/\s*(?:export |declare |readonly |public |static |async |function |const |class |interface |type )*(\w+)?',re.S)
for r in roots:
    for p in walk(r,('.md','.d.ts')):
        t=read(p,2_500_000)
        if p.endswith('.md'): md(t)
        else:
            for m in jsdoc.finditer(t):
                b=re.sub(r'^\s*\* ?','',m.group(1),flags=re.M)
                b=re.sub(r'\{@\w+ ([^}]*)\}',r'\1',b); b=re.sub(r'@\w+','',b)
                md(b,m.group(2) or '')
# 4 man
cur='man'
def man(t):
    title='';buf=[]
    def flush():
        if buf: emit(title,' '.join(buf)); buf.clear()
    tagged=False
    for l in t.split('\n'):
        if l.startswith(('.','\'')):
            m=re.match(r"[.'](\w+)\s*(.*)",l)
            if not m: continue
            c,a=m.groups()
            a=re.sub(r'\\f[A-Z(]\w?|\\[&-]?|"','',a)
            if c in('SH','SS','Sh','Ss'): flush(); title=a
            elif c in('TP','It','IP','PP','P','LP','Pp','sp'):
                flush();
                if c=='TP': tagged=True
            elif c in('B','I','BR','IR','BI','RB','RI','Nm','Fl','Ar','Cm','Xr','Pa','Em','Dq','Sy'):
                buf.append(a)
            continue
        l=re.sub(r'\\f\(?[A-Z]{1,2}|\\m\[\w*\]|\\s[-+]?\d','',l); l=re.sub(r'\\\((\w\w)',' ',l); l=l.replace('\\-','-').replace('\\','')
        buf.append(l)
    flush()
for s in range(1,9):
    for p in sorted(glob.glob(f'/usr/share/man/man{s}/*.gz')):
        if os.path.islink(p): continue
        man(read(p,800_000))
for p in walk(R+'/../../../man',('.1',)): man(read(p))
# 5 python
cur='python'
def py(p):
    t=read(p,1_500_000)
    try: tree=ast.parse(t)
    except Exception: return
    for n in ast.walk(tree):
        if isinstance(n,(ast.FunctionDef,ast.ClassDef,ast.Module,ast.AsyncFunctionDef)):
            d=ast.get_docstring(n)
            if d: md(d,getattr(n,'name',os.path.basename(p)[:-3]))
    for m in re.finditer(r'(?:^[ \t]*# .*\n)+',t,flags=re.M):
        emit('',re.sub(r'^[ \t]*# ?','',m.group(0),flags=re.M))
import warnings; warnings.simplefilter('ignore')
import sysconfig
for r in [sysconfig.get_path('stdlib'),'/usr/lib/python3/dist-packages']:
    for p in walk(r,('.py',),('test','tests','idlelib')): py(p)
# 6 others
cur='doc'
for p in walk('/usr/share/doc',('.html','.txt','.md','.txt.gz','NEWS.gz','README.gz','README','changelog.gz','.rst','NEWS.Debian.gz')):
    if '/nodejs/' in p: continue
    t=read(p)
    (htm if p.endswith('.html') else md)(t)
cur='info'
for p in glob.glob('/usr/share/info/*.gz'): md(read(p))
cur='md'
for r in ['/usr','/opt','/var/lib','/etc']:
    for p in walk(r,('.md','.rst','.pod'),('doc','registry')): md(read(p))
cur='perl'
for p in walk('/usr/share/perl',('.pod','.pm')):
    t=read(p)
    for m in re.finditer(r'^=head\d (.*?)\n(.*?)(?=^=head|^=cut|\Z)',t,flags=re.M|re.S):
        for b in m.group(2).split('\n\n'):
            if not b.startswith((' ','\t','=')): emit(m.group(1),re.sub(r'[A-Z]<+([^<>]*)>+',r'\1',b))
cur='headers'
for p in walk('/usr/include',('.h','.hpp')):
    t=read(p,500_000)
    for m in re.finditer(r'/\*(.*?)\*/',t,flags=re.S):
        if 'opyright' in m.group(1): continue
        emit('',re.sub(r'^\s*\*+ ?','',m.group(1),flags=re.M))
out.close()
for k,v in stats.items(): print(k,v[0],round(v[1]/1e6,1),'MB')
