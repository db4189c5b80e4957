"""Commands, and whether they may run without being asked: a line each, with the reason behind the last bar."""

from __future__ import annotations

READING = """
ls
ls -la src
ls -R --color=never
pwd
cat README.md
cat -n a.py b.py
cat -- -odd-name
head -20 a.py
head -n 5 a.py
tail -n +5 a.py
tail -c 100 a.log
wc -l a.py
nl -ba a.py
tac a.py
rev a.py
sort -u names.txt
sort -t, -k2 table.csv
uniq -c names.txt
cut -d: -f1 table.csv
sed -n 1,40p a.py
sed -n '10,$p' a.py
grep -n 'def main' a.py
grep -c -i todo a.py
grep -e one -e two a.py
grep "it's" a.py
rg -n pattern a.py
find . -name '*.py' -type f
find src -maxdepth 2 -not -name '*.pyc' -print
tree -L 2 src
stat -c %s a.py
file a.bin
du -sh src
df -h
diff -u a.py b.py
cmp a.bin b.bin
md5sum a.bin
sha256sum a.bin
strings -n 8 a.bin
hexdump -C -n 64 a.bin
od -c a.bin
basename src/a.py
dirname src/a.py
realpath a.py
echo hello
echo 'a  b' "c d"
printf '%s' x
date -u +%F
uname -a
whoami
id -u
nproc
which python3
seq 1 5
true
python3 --version
git --version
git status
git status -sb --porcelain=v2
git --no-pager log --oneline -5
git log --stat --author=ann HEAD~3..HEAD
git log --format='%h %s' main..topic
git diff --stat
git diff --name-only HEAD~1
git show --stat HEAD
git show -s HEAD~2
git branch --list
git branch -a
git branch --show-current
git tag --list
git ls-files
git rev-parse --abbrev-ref HEAD
git describe --tags --always
cat a.py | head -5
ls src && cat src/a.py || true
ls; pwd
cat a.py 2>/dev/null
grep x a.py 2>&1 | wc -l
ls missing &>/dev/null
cd src && ls -la
cd src && cat a.py | wc -l
""".strip().splitlines()

# What each line has, and why it is asked.
ASKED = """
rm -rf / | rm is not among
make | make is not among
python3 -c 'import os' | python3 is not among
pytest -q | pytest is not among
npm install | npm is not among
curl https://x.example | curl is not among
./ls | ./ls is not among
/bin/ls | /bin/ls is not among
LS | LS is not among
awk 1 a.py | awk is not among
tee a.py | tee is not among
dd if=a of=b | dd is not among
jq . a.json | jq is not among
less a.py | less is not among
vim -c ':!sh' a.py | vim is not among
sudo ls | sudo runs other
doas ls | doas runs other
env ls | env runs other
env -i ls | env runs other
xargs rm | xargs runs other
ls | xargs rm | xargs runs other
find . -name x | xargs cat | xargs runs other
timeout 5 ls | timeout runs other
nice ls | nice runs other
nohup ls | nohup runs other
setsid ls | setsid runs other
stdbuf -o0 ls | stdbuf runs other
time ls | time runs other
watch ls | watch runs other
sh -c ls | sh runs other
bash -c 'ls' | bash runs other
bash -lc ls | bash runs other
zsh -c ls | zsh runs other
busybox rm x | busybox runs other
eval ls | eval runs other
exec ls | exec runs other
source a.sh | source runs other
. a.sh | . runs other
command ls | command runs other
builtin echo x | builtin runs other
ssh host ls | ssh runs other
docker run x | docker runs other
find . -exec rm x + | find -exec
find . -execdir rm x + | find -execdir
find . -ok rm x + | find -ok
find . -delete | find -delete
find . -fprint out | find -fprint
find . -fprintf out x | find -fprintf
find . -fls out | find -fls
find . -newer x -printf '%p' | find -newer
sort -o out a.txt | sort -o
sort --output=out a.txt | sort --output
sort --compress-program=sh a.txt | sort --compress-program
sort -T /tmp a.txt | sort -T
uniq a.txt b.txt | uniq does something else
sed -i s/a/b/ a.py | sed can write
sed s/a/b/w out a.py | sed can write
sed -n '1e id' a.py | sed can write
sed -n '1,5p;w out' a.py | sed can write
sed -n 1p a.py -i | sed can write
tree -o out | tree -o
date -s tomorrow | date -s
date 01010000 | date sets
file -C -m magic | file -C
tail -f a.log | tail -f
grep -r KEY . | grep -r
grep -R KEY . | grep -R
grep -f patterns a.py | grep -f
grep --include=*.py x a.py | pattern
rg pattern | rg does something else
rg --pre ./evil x a.py | rg --pre
rg --hostname-bin=./evil x a.py | rg --hostname-bin
rg -z x a.gz | rg -z
rg --search-zip x a.gz | rg --search-zip
diff --to-file=x a b | diff --to-file
du --files0-from=x | du --files0-from
wc --files0-from=x | wc --files0-from
ls --hyperlink | ls --hyperlink
git | git  is not among
git commit -m x | git commit
git push | git push
git fetch | git fetch
git checkout . | git checkout
git config --get user.name | git config
git -c core.pager=./evil log | git -c
git -c alias.x=sh x | git -c
git -C /tmp status | git -C
git --exec-path=/tmp/evil status | git --exec-path
git --git-dir=/tmp/evil status | git --git-dir
git --work-tree=/ status | git --work-tree
git -p log | git -p
git --paginate log | git --paginate
git --config-env=a=b log | git --config-env
git diff | git diff shows more
git diff HEAD~1 | git diff shows more
git diff --stat --ext-diff | git diff --ext-diff
git diff --stat --textconv | git diff --textconv
git diff --stat --output=x | git diff --output
git diff --stat --no-index a b | git diff --no-index
git diff --stat /etc/passwd a | no plain revision
git log -p | git log -p
git log --patch | git log --patch
git log -L1,5:a.py | git log -L
git log --output=x | git log --output
git log -G secret | git log -G
git log --show-signature | git log --show-signature
git show | git show shows more
git show HEAD:.env | git show shows more
git show --stat HEAD:.env | any file
git show --stat 0123abc | any file
git cat-file -p HEAD:.env | git cat-file
git grep x | git grep
git grep -O./evil x | git grep
git blame a.py | git blame
git branch new | git branch does something
git branch -D main | git branch -D
git tag v1 | git tag does something
git stash | git stash
git submodule update | git submodule
git archive --remote=x HEAD | git archive
git ls-files -s | git ls-files -s
git ls-remote ext::sh | git ls-remote
git bisect run ./evil | git bisect
git rev-parse HEAD:.env | no plain revision
cd src && git status | git in another folder
cd - && ls | changes the folder
cd src || ls | changes the folder
cd src; ls | changes the folder
ls && cd src | cd is not among
cd a b && ls | changes the folder
ls $HOME | expands variables
ls ${HOME} | expands variables
echo ${x@P} | expands variables
echo "${x@P}" | expands variables
echo "$x" | expands variables
echo ${!x} | expands variables
echo $((1+1)) | computes
echo $(id) | runs a command within
echo "$(id)" | runs a command within
echo `id` | runs a command within
echo "`id`" | runs a command within
cat <(id) | runs a command within
tee >(id) | runs a command within
cat < a.py | redirects
ls > out | redirects
2>&1 | runs nothing
ls >> out | redirects
ls >| out | redirects
ls 2> out | redirects
ls &> out | redirects
ls >& out | redirects
ls <> out | redirects
echo x > /dev/tcp/1.1.1.1/80 | redirects
cat <<< x | here-string
ls & | in the background
ls & rm x | in the background
ls |& cat | joins both
ls ; rm x | rm is not among
ls && rm x | rm is not among
ls || rm x | rm is not among
ls | rm x | rm is not among
PATH=. ls | sets variables
LD_PRELOAD=./x.so ls | sets variables
x=1 | sets variables
export PATH=. | declares variables
declare x=1 | declares variables
unset PATH | unsets variables
alias ls=rm | alias runs other
trap id EXIT | trap runs other
f() { rm x; }; f | defines a function
function f { rm x; } | defines a function
(rm x) | subshell
{ rm x; } | groups commands
! ls | negates
if true; then rm x; fi | if statement
while true; do rm x; done | loop
for x in a; do rm x; done | loop
case a in a) rm x;; esac | case statement
[[ -f a ]] | has a test
[ -f a ] | has a test
((x=1)) | it
ls *.py | by a pattern
ls ?.py | by a pattern
ls [ab].py | by a pattern
ls {a,b}.py | braces
l{s,} | braces
l* | by a pattern
~/ls | "~"
"ls" | first word
'ls' | first word
l\\s | in its own way
l''s | first word
$'ls' | it
$x | it expands
cat ~/.ssh/id_rsa | "~"
cat ~root/x | "~"
cat a\\ b | in its own way
echo $'\\x41' | strings
echo $"x" | it
echo "a\\$b" | expands variables
ls # comment | comment
ls 'unfinished | cannot be parsed
ls "unfinished | cannot be parsed
ls && | cannot be parsed
ls | | cannot be parsed
ls ( | cannot be parsed
coproc ls | coproc runs other
-x | -x is not among
printenv | printenv is not among
ps aux | ps is not among
history | history is not among
hash -p ./evil ls | hash is not among
enable -f ./evil.so ls | enable is not among
read x | read is not among
test -f a | test is not among
kill 1 | kill is not among
chmod +x a | chmod is not among
ln -s / a | ln is not among
mount | mount is not among
crontab - | crontab is not among
""".strip().splitlines()

HIDDEN = {
    "two lines": "ls\nrm x",
    "a carriage return": "ls\rrm x",
    "a line continued": "l\\\ns",
    "a here-document": "cat <<E\nx\nE",
    "a NUL": "ls \0rm",
    "an escape sequence": "ls \x1b[2K",
    "a right-to-left override": "ls \u202etxt.exe",
    "a zero-width space": "ls a\u200bb",
    "a no-break space": "ls\u00a0rm",
    "a line separator": "ls\u2028rm x",
    "a tab": "ls\ta",
    "a soft hyphen": "l\u00ads",
    "a tag character": "ls \U000e0041",
    "nothing": "  ",
    "very much": "ls " + "a" * 20_000,
}
