// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/v7sbench. One script at a time: who opens it for writing a second time
 * gets EBUSY. O_TRUNC drops the answers so far.
 */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "v7sbench.h"

#define PROC_NAME "v7sbench"
#define WRITE_CHUNK SZ_64K

static DEFINE_MUTEX(bench_mutex);

/* The open file that a script comes by, or NULL. */
static struct file *writer;
static struct script *script;
static char *chunk; /* WRITE_CHUNK bytes */

static int bench_open(struct inode *inode, struct file *file)
{
	int err = 0;

	if (!(file->f_mode & FMODE_WRITE))
		return 0;
	mutex_lock(&bench_mutex);
	if (writer) {
		err = -EBUSY;
		goto out;
	}
	chunk = kmalloc(WRITE_CHUNK, GFP_KERNEL);
	script = chunk ? script_open() : NULL;
	if (!script) {
		kfree(chunk);
		err = -ENOMEM;
		goto out;
	}
	if (file->f_flags & O_TRUNC)
		answer_clear();
	writer = file;
out:
	mutex_unlock(&bench_mutex);
	return err;
}

static int bench_release(struct inode *inode, struct file *file)
{
	mutex_lock(&bench_mutex);
	if (writer == file) {
		script_close(script);
		kfree(chunk);
		writer = NULL;
	}
	mutex_unlock(&bench_mutex);
	return 0;
}

static ssize_t bench_read(struct file *file, char __user *to, size_t size,
			  loff_t *pos)
{
	ssize_t ret;

	if (mutex_lock_interruptible(&bench_mutex))
		return -ERESTARTSYS;
	ret = answer_read(to, size, pos);
	mutex_unlock(&bench_mutex);
	return ret;
}

static ssize_t bench_write(struct file *file, const char __user *from,
			   size_t size, loff_t *pos)
{
	int err = 0;

	size = min_t(size_t, size, WRITE_CHUNK);
	if (mutex_lock_interruptible(&bench_mutex))
		return -ERESTARTSYS;
	if (copy_from_user(chunk, from, size))
		err = -EFAULT;
	else if (answer_lost())
		err = -ENOMEM;
	else
		err = script_write(script, chunk, size);
	mutex_unlock(&bench_mutex);
	return err ? err : size;
}

static const struct proc_ops bench_proc_ops = {
	.proc_open = bench_open,
	.proc_release = bench_release,
	.proc_read = bench_read,
	.proc_write = bench_write,
	.proc_lseek = default_llseek,
};

static int __init bench_init(void)
{
	return proc_create(PROC_NAME, 0600, NULL, &bench_proc_ops) ? 0
								   : -ENOMEM;
}
module_init(bench_init);

/* remove_proc_entry() waits for calls and releases what is open. */
static void __exit bench_exit(void)
{
	remove_proc_entry(PROC_NAME, NULL);
	answer_clear();
}
module_exit(bench_exit);

MODULE_DESCRIPTION("io-pgtable-arm-v7s replays traces");
MODULE_LICENSE("GPL");
